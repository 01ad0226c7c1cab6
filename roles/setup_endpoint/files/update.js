// POST /update: writes the given steps in their order, of these tables and the columns of shared.js only; secrets so that they are encrypted.
(function process(request, response) {
    var api = spokeConnectionSetup, TABLES = ['http_connection', 'oauth_2_0_credentials', 'oauth_entity_profile', 'oauth_entity', 'oauth_entity_scope',
        'oauth_entity_profile_scope', 'sys_variable_value'];
    function save(record, table, isNew) {
        var sysId = api.text(isNew ? record.insert() : record.update());
        if (!sysId) api.refuse(409, 'The instance refused to change ' + table + ': ' + api.text(record.getLastErrorMessage()));
        return api.log((isNew ? 'create ' : 'update ') + table, sysId);
    }
    // A value is a text, or the role of a step before, whose record it refers to.
    function resolve(value, ids) { return typeof value === 'string' ? value : ids[value.role] || api.refuse(400, 'A step refers to none before it'); }
    function set(record, table, column, value, isSecret) {
        if (!api.isWritable(table, column, isSecret)) api.refuse(400, table + '.' + column + ' cannot be written here');
        if (!record[column].canWrite()) api.refuse(403, 'The account may not write ' + table + '.' + column);
        record[column][isSecret ? 'setDisplayValue' : 'setValue'](value);
    }
    function setAttribute(step, ids) {
        var connection = api.one('http_connection', resolve(step.connection, ids)), record = new GlideRecord('http_connection'), definition, element;
        definition = api.rows('connection_attributes', 'model', connection.connection_alias)
            .filter(function (row) { return row.element === step.element; })[0];
        if (!definition) api.refuse(409, 'The alias has no connection attribute ' + step.element);
        if (!record.get('sys_id', connection.sys_id) || !record.canWrite()) api.refuse(403, 'The account may not write http_connection');
        element = record.extended_attributes[definition.element];
        element[api.isEncrypted(definition.internal_type) ? 'setDisplayValue' : 'setValue'](api.secret(step.value));
        save(record, 'http_connection', false);
    }
    // The record of a step: by sys_id or, of a new profile, the default one that the platform made by itself for its registry.
    function open(step, ids) {
        var record = new GlideRecord(step.table), found = api.rows(step.table, 'sys_id', step.sys_id);
        if (!found.length && step.action === 'create' && step.table === 'oauth_entity_profile') {
            found = api.rows(step.table, 'oauth_entity', resolve(step.values.oauth_entity, ids)).filter(function (row) { return row['default'] === 'true'; });
        }
        return found.length && record.get('sys_id', found[0].sys_id) ? record : null;
    }
    function write(step, ids) {
        var record = open(step, ids), isNew = !record, values = step.values || {};
        if (step.action === 'delete') {
            if (!isNew && !(record.canDelete() && record.deleteRecord())) api.refuse(403, 'The account may not delete from ' + step.table);
            return isNew || api.log('delete from ' + step.table, step.sys_id);
        }
        if (isNew) {
            if (step.action !== 'create') api.refuse(409, 'A record is gone from ' + step.table);
            if (!/^[0-9a-f]{32}$/.test(step.sys_id)) api.refuse(400, 'sys_id has to be 32 hexadecimal digits');
            record = new GlideRecord(step.table);
            record.initialize();
            record.setNewGuidValue(step.sys_id);
            if (!record.canCreate()) api.refuse(403, 'The account may not create in ' + step.table);
        }
        Object.keys(values).forEach(function (name) {
            if (isNew || !step.only_new || step.only_new.indexOf(name) < 0) set(record, step.table, name, resolve(values[name], ids), false);
        });
        Object.keys(step.secret || {}).forEach(function (name) { set(record, step.table, name, api.secret(step.secret[name]), true); });
        ids[step.role] = save(record, step.table, isNew);
    }
    api.serve(request, response, function (input) {
        var ids = Object.create(null), steps = input.steps || [];
        // Values of attributes are set on the connection, so that the platform encrypts them.
        function isKnown(step) { return TABLES.indexOf(step.table) >= 0 && (step.element || step.action === 'delete' || step.table !== 'sys_variable_value'); }
        if (!steps.every(isKnown)) api.refuse(400, 'That cannot be written here');
        steps.forEach(function (step) { (step.element ? setAttribute : write)(step, ids); });
        return {};
    });
}(request, response));
