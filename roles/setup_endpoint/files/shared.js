// SPDX-License-Identifier: GPL-3.0-or-later
// What the operations of the REST API "Spoke Connection Setup" share: who may call, what comes in, what goes out.
// It gives nobody a right that the caller does not have: every record and column is asked first (canRead, canWrite, ...).
var spokeConnectionSetup = (function () {
    'use strict';
    var VERSION = '1', LONGEST_BODY = 262144, LONGEST_TEXT = 8000, LONGEST_MESSAGE = 400, MOST_ENTRIES = 500, MOST_ROWS = 200;
    // The only columns that leave the instance or can be written. A dot follows a reference; such a column is for reading only.
    var COLUMNS = {
        sys_alias: ['id', 'name', 'type', 'connection_type', 'parent', 'multiple_connections', 'sys_scope.scope', 'configuration_template',
            'configuration_template.name', 'configuration_template.dynamic_data_schema', 'configuration_template.default_data_template'],
        connection_attributes: ['element', 'label', 'column_label', 'internal_type', 'default_value', 'mandatory', 'max_length', 'active', 'model'],
        http_connection: ['name', 'active', 'connection_alias', 'connection_alias.id', 'connection_url', 'credential', 'host', 'port', 'protocol',
            'base_path', 'url_builder', 'use_mid', 'mid_selection', 'mid_server', 'mid_cluster', 'mid_protocol_profile', 'mutual_auth',
            'protocol_profile', 'order', 'connection_timeout', 'connection_retries', 'sys_updated_on', 'sys_updated_by'],
        oauth_2_0_credentials: ['name', 'active', 'applies_to', 'oauth_entity_profile', 'oauth_entity_profile.oauth_entity'],
        oauth_entity: ['name', 'type', 'active', 'client_id', 'client_secret', 'default_grant_type', 'auth_url', 'token_url', 'redirect_url',
            'refresh_token_url', 'revoke_token_url', 'send_client_credentials_as', 'oauth_api_script', 'code_challenge_method', 'public_client',
            'use_mutual_auth', 'protocol_name', 'comments', 'sys_scope', 'sys_updated_on', 'sys_updated_by'],
        oauth_entity_profile: ['name', 'oauth_entity', 'grant_type', 'default'], oauth_entity_scope: ['name', 'oauth_entity', 'oauth_entity_scope'],
        oauth_entity_profile_scope: ['oauth_entity_profile', 'oauth_entity_profile.oauth_entity', 'oauth_entity_scope'],
        sys_variable_value: ['document', 'document_key', 'variable'], oauth_credential: ['type', 'expires', 'sys_updated_on', 'oauth_requestor_profile.requestor_id']
    };
    // Of these only the fingerprint leaves the instance.
    var SECRET_COLUMNS = { 'oauth_entity.client_secret': 'password2', 'connection_attributes.default_value': 'string' };
    // Every secret that this call has seen, none of which may be part of a message, and the caller's nonce.
    var secrets = [], nonce = '';
    function refuse(status, message) { throw { status: status, message: message, isRefusal: true }; }
    function text(value) { return value === null || value === undefined ? '' : '' + value; }
    function secret(value) {
        if (value.length > 3) secrets.push(value, encodeURIComponent(value), JSON.stringify(value).slice(1, -1), GlideStringUtil.base64Encode(value));
        return value;
    }
    // A provider can repeat the token, which this script never sees, or secrets in forms of its own: what looks like one goes.
    function clean(message, isForeign) {
        message = text(message).substring(0, 10 * LONGEST_MESSAGE);
        secrets.forEach(function (value) { message = message.split(value).join('********'); });
        if (isForeign) message = message.replace(/[A-Za-z0-9+=_~-]{16,}/g, function (run) { return /\d/.test(run) ? '********' : run; });
        return message.substring(0, LONGEST_MESSAGE);
    }
    // Input is JSON made of objects, lists and texts, of limited size. The platform runs a value as a script if it starts with javascript:.
    function check(value, depth) {
        if (typeof value === 'string') {
            if (/[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|^\s*javascript:/i.test(value)) refuse(400, 'A text of the body is not one that this API takes');
            return value.length <= LONGEST_TEXT || refuse(400, 'A text of the body is too long');
        }
        if (!value || typeof value !== 'object' || depth > 5) refuse(400, 'The body has to be made of objects, lists and texts');
        if (Object.keys(value).length > MOST_ENTRIES) refuse(400, 'The body has too many entries');
        Object.keys(value).forEach(function (name) { check(value[name], depth + 1); });
    }
    function readInput(request) {
        var body = text(request.body.dataString), input = null;
        if (body.length > LONGEST_BODY) refuse(413, 'The body is too long');
        try { input = JSON.parse(body); } catch (ignored) { refuse(400, 'The body is not JSON'); }
        check(input, 0);
        if (!/^[0-9a-f]{32,128}$/.test(input.nonce)) refuse(400, 'nonce has to be 32 to 128 hexadecimal digits');
        nonce = input.nonce;
        return input;
    }
    // Answers a request: role, input, then `act`. Whatever happens becomes an answer without secrets.
    function serve(request, response, act) {
        var input, result, failure;
        try {
            if (!gs.hasRole('admin') && !gs.hasRole('connection_admin')) refuse(403, 'The role admin or connection_admin is needed');
            input = readInput(request);
            result = act(input);
            if (input.scope || input.alias) result.state = stateOf(input);
            result.version = VERSION;
            response.setBody(result);
        } catch (error) {
            failure = new sn_ws_err.ServiceError();
            failure.setStatus(error.isRefusal ? error.status : 422);
            failure.setMessage(error.isRefusal ? clean(error.message) : 'The operation failed');
            failure.setDetail('Spoke Connection Setup version ' + VERSION + (error.isRefusal ? '' : ': ' + clean(error.message || error)));
            response.setError(failure);
        }
    }
    // One line for each change; who and when are columns of the log.
    function log(change, sysId) { gs.info('Spoke Connection Setup: ' + change + ' ' + sysId); return sysId; }
    function isEncrypted(type) { return type === 'password' || type === 'password2'; }
    // The value of an element that is a secret, or may be one, in plain.
    function plain(element, type) { return secret(text(isEncrypted(type) ? element.getDecryptedValue() : element)); }
    // HMAC-SHA256 under the caller's nonce, in hexadecimal digits; empty for no value. Encoded to ASCII first, which both sides do alike.
    function fingerprint(value) {
        var made = '', key = GlideStringUtil.base64Encode(nonce), bytes, i;
        if (!value) return '';
        bytes = GlideStringUtil.base64DecodeAsBytes(new GlideCertificateEncryption().generateMac(key, 'HmacSHA256', encodeURIComponent(value)));
        for (i = 0; i < bytes.length; i += 1) made += ('0' + (bytes[i] & 255).toString(16)).slice(-2);
        return made;
    }
    function dotWalk(record, column) { return column.split('.').reduce(function (element, name) { return element[name]; }, record); }
    function readRow(table, record) {
        var row = { sys_id: text(record.getUniqueValue()) };
        if (!record.canRead()) refuse(403, 'The account may not read ' + table);
        COLUMNS[table].forEach(function (column) {
            var element = dotWalk(record, column), type = SECRET_COLUMNS[table + '.' + column];
            if (element && !element.canRead()) refuse(403, 'The account may not read ' + table + '.' + column);
            row[column] = type ? fingerprint(plain(element, type)) : text(element);
        });
        return row;
    }
    // The rows of a table in which `column` is `value`. An instance drops a condition that it does not understand, so each is compared again.
    function rows(table, column, value) {
        var found = [], record = new GlideRecord(table), count = 0;
        if (!value) return found;
        record.addQuery(column, value);
        record.setLimit(MOST_ROWS);
        record.query();
        for (; record.next(); count += 1) {
            if (text(dotWalk(record, column)) === value) found.push(readRow(table, record));
        }
        return count < MOST_ROWS ? found : refuse(409, 'There are too many records in ' + table);
    }
    // Whether this API writes the column of that table, as a secret or not.
    function isWritable(table, column, isSecret) {
        return COLUMNS[table].indexOf(column) >= 0 && !/\.|^sys_/.test(column) && Boolean(SECRET_COLUMNS[table + '.' + column]) === isSecret;
    }
    function one(table, sysId) { return rows(table, 'sys_id', sysId)[0] || {}; }
    // The connection `sysId` and what it leads to.
    function chainOf(sysId) {
        var connection = one('http_connection', sysId), credential = one('oauth_2_0_credentials', connection.credential);
        var profile = one('oauth_entity_profile', credential.oauth_entity_profile), registry = one('oauth_entity', profile.oauth_entity);
        if (!registry.sys_id) refuse(409, 'There is no such connection, or it leads to no OAuth registry');
        return { connection: connection, credential: credential, profile: profile };
    }
    // Values of attributes leave as fingerprints whatever their type: people keep tokens in plain ones too.
    function addValue(row) {
        var definition = one('connection_attributes', row.variable), connection = new GlideRecord('http_connection');
        var isThere = definition.sys_id && connection.get('sys_id', row.document_key);
        row.value = isThere ? fingerprint(plain(connection.extended_attributes[definition.element], definition.internal_type)) : '';
    }
    // All records that decide what is to be done for an alias, or for each alias of a scope, and whoever bears a wanted name.
    function stateOf(input) {
        var tables = {}, denied = [], byId = /^[0-9a-f]{32}$/.test(input.alias) ? 'sys_id' : 'id';
        function collect(table, column, values) {
            tables[table] = tables[table] || [];
            values.forEach(function (value) {
                rows(table, column, value).forEach(function (row) {
                    if (tables[table].every(function (other) { return other.sys_id !== row.sys_id; })) tables[table].push(row);
                });
            });
        }
        collect('sys_alias', input.scope ? 'sys_scope.scope' : byId, [input.scope || input.alias]);
        collect('http_connection', 'name', [input.connection_name]);
        collect('oauth_entity', 'name', [input.registry_name]);
        [['connection_attributes', 'model', 'sys_alias', 'sys_id'], ['http_connection', 'connection_alias', 'sys_alias', 'sys_id'],
            ['oauth_2_0_credentials', 'sys_id', 'http_connection', 'credential'],
            ['oauth_entity_profile', 'sys_id', 'oauth_2_0_credentials', 'oauth_entity_profile'],
            ['oauth_entity', 'sys_id', 'oauth_entity_profile', 'oauth_entity'], ['oauth_entity_profile', 'oauth_entity', 'oauth_entity', 'sys_id'],
            ['oauth_2_0_credentials', 'oauth_entity_profile', 'oauth_entity_profile', 'sys_id'],
            ['http_connection', 'credential', 'oauth_2_0_credentials', 'sys_id'], ['oauth_entity_scope', 'oauth_entity', 'oauth_entity', 'sys_id'],
            ['oauth_entity_profile_scope', 'oauth_entity_profile', 'oauth_entity_profile', 'sys_id'],
            ['sys_variable_value', 'document_key', 'http_connection', 'sys_id'],
            ['oauth_credential', 'oauth_requestor_profile.requestor_id', 'oauth_2_0_credentials', 'sys_id']
        ].forEach(function (link) {
            try {
                collect(link[0], link[1], tables[link[2]].map(function (row) { return row[link[3]]; }));
            } catch (error) {
                if (error.status !== 403 || link[0] !== 'oauth_credential') throw error;
                denied.push(link[0]);
            }
        });
        tables.sys_variable_value.forEach(addValue);
        return { tables: tables, denied: denied };
    }
    return { serve: serve, refuse: refuse, text: text, secret: secret, clean: clean, log: log, isEncrypted: isEncrypted,
        plain: plain, rows: rows, one: one, chainOf: chainOf, isWritable: isWritable };
}());
