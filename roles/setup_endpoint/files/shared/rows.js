// Part 3: which columns can be read and written, and reading them with the caller's rights.
(function (api) {
  'use strict';
  var MOST_ROWS = 200;
  // The only columns that leave the instance or can be written. A dot follows a reference; such a
  // column is for reading only.
  var COLUMNS = {
    sys_alias: [
      'id',
      'name',
      'type',
      'connection_type',
      'parent',
      'multiple_connections',
      'sys_scope.scope',
      'configuration_template',
      'configuration_template.name',
      'configuration_template.dynamic_data_schema',
      'configuration_template.default_data_template'
    ],
    connection_attributes: [
      'element',
      'column_label',
      'label',
      'internal_type',
      'default_value',
      'mandatory',
      'max_length',
      'active',
      'model'
    ],
    http_connection: [
      'name',
      'active',
      'connection_alias',
      'connection_alias.id',
      'connection_url',
      'credential',
      'host',
      'port',
      'protocol',
      'base_path',
      'url_builder',
      'use_mid',
      'mid_selection',
      'mid_server',
      'mid_cluster',
      'application',
      'capabilities',
      'mutual_auth',
      'protocol_profile',
      'mid_protocol_profile',
      'order',
      'connection_timeout',
      'connection_retries',
      'sys_updated_by',
      'sys_updated_on'
    ],
    oauth_2_0_credentials: [
      'name',
      'active',
      'applies_to',
      'oauth_entity_profile',
      'oauth_entity_profile.oauth_entity',
      'sys_updated_by',
      'sys_updated_on'
    ],
    oauth_entity: [
      'name',
      'type',
      'active',
      'client_id',
      'client_secret',
      'default_grant_type',
      'auth_url',
      'token_url',
      'refresh_token_url',
      'revoke_token_url',
      'redirect_url',
      'send_client_credentials_as',
      'oauth_api_script',
      'code_challenge_method',
      'public_client',
      'use_mutual_auth',
      'protocol_name',
      'comments',
      'sys_scope',
      'sys_scope.scope',
      'sys_updated_by',
      'sys_updated_on'
    ],
    oauth_entity_profile: [
      'name',
      'oauth_entity',
      'grant_type',
      'default',
      'sys_updated_by',
      'sys_updated_on'
    ],
    oauth_entity_scope: ['name', 'oauth_entity', 'oauth_entity_scope'],
    oauth_entity_profile_scope: [
      'oauth_entity_profile',
      'oauth_entity_profile.oauth_entity',
      'oauth_entity_scope'
    ],
    sys_variable_value: ['document', 'document_key', 'variable', 'value'],
    oauth_credential: ['type', 'expires', 'sys_updated_on', 'oauth_requestor_profile.requestor_id']
  };
  // What stands in these never leaves the instance; state.js says how it compares with what the
  // caller holds.
  var SECRET_COLUMNS = [
    'oauth_entity.client_secret',
    'connection_attributes.default_value',
    'sys_variable_value.value'
  ];
  // The types of registries that fetch tokens from a provider. Any other may be that of an inbound
  // client, who logs in to the instance with its secret.
  var OUTBOUND_TYPES = ['consumer', 'oauth_provider'];
  // Values of attributes are set on the connection, so that the platform encrypts them; see
  // update.js.
  var ENCRYPTED_COLUMN = 'oauth_entity.client_secret';

  function refuseReading(what) {
    api.refuse(403, 'The account may not read ' + what);
  }

  function isSecret(table, column) {
    return SECRET_COLUMNS.indexOf(table + '.' + column) >= 0;
  }

  // Whether this API writes the column of that table, as a secret or not.
  api.isWritable = function (table, column, asSecret) {
    var isEncrypted = table + '.' + column === ENCRYPTED_COLUMN;
    var isOwn = COLUMNS[table].indexOf(column) >= 0 && !/\.|^sys_/.test(column);
    return isOwn && isEncrypted === asSecret && (isEncrypted || !isSecret(table, column));
  };

  // Asks for the table and its columns before anything is looked for by a value of the caller's, so
  // that the answer is the same whether there is such a record or not.
  function askForTable(table) {
    var record = new GlideRecord(table);
    record.initialize();
    if (!record.canRead()) {
      refuseReading(table);
    }
    COLUMNS[table].forEach(function (column) {
      var element = column.indexOf('.') < 0 && record[column];
      if (element && !element.canRead()) {
        refuseReading(table + '.' + column);
      }
    });
  }

  // The element of a column; one with a dot is that of the record behind the reference, which is
  // asked as well.
  function elementOf(table, record, column) {
    var parts = column.split('.');
    var behind;
    if (parts.length === 1 || !api.text(record[parts[0]])) {
      return parts.length === 1 ? record[column] : null;
    }
    behind = record[parts[0]].getRefRecord();
    if (behind.isValidRecord() && !behind.canRead()) {
      refuseReading(table + '.' + parts[0]);
    }
    return behind[parts[1]];
  }

  function readRow(table, record) {
    var row = { sys_id: api.text(record.getUniqueValue()) };
    COLUMNS[table].forEach(function (column) {
      var element = elementOf(table, record, column);
      if (element && !element.canRead()) {
        refuseReading(table + '.' + column);
      }
      row[column] = isSecret(table, column) ? '' : api.text(element);
    });
    return row;
  }

  function valueAt(record, column) {
    var element = column.split('.').reduce(function (found, name) {
      return found && found[name];
    }, record);
    return api.text(element);
  }

  function search(table, column, value, read) {
    var record = new GlideRecord(table);
    var count = 0;
    record.addQuery(column, value);
    record.setLimit(MOST_ROWS);
    record.query();
    while (record.next()) {
      count += 1;
      // An instance drops a condition that it does not understand, so each row is compared again.
      if (valueAt(record, column) === value) {
        read(record);
      }
    }
    if (count >= MOST_ROWS) {
      api.refuse(409, 'There are too many records in ' + table);
    }
  }

  // The rows that a record which the caller may read leads to. One that he may not read is an
  // error: without it the state is wrong.
  api.rows = function (table, column, value) {
    var found = [];
    if (typeof value === 'string' && value) {
      search(table, column, value, function (record) {
        if (!record.canRead()) {
          refuseReading(table);
        }
        found.push(readRow(table, record));
      });
    }
    return found;
  };

  // The rows with a value that the caller chose. One that he may not read is as good as none.
  api.lookUp = function (table, column, value) {
    var found = [];
    if (typeof value !== 'string' || !value) {
      return found;
    }
    askForTable(table);
    search(table, column, value, function (record) {
      if (record.canRead()) {
        found.push(readRow(table, record));
      }
    });
    return found;
  };

  api.one = function (table, sysId) {
    return api.rows(table, 'sys_id', sysId)[0] || {};
  };

  api.isOutbound = function (registry) {
    return OUTBOUND_TYPES.indexOf(registry.type) >= 0;
  };

  api.checkOutbound = function (registry) {
    if (!api.isOutbound(registry)) {
      api.refuse(
        409,
        "The registry's type is not one of a provider; it may be an inbound client's, which this API does not touch"
      );
    }
  };

  // The connection that the caller names, and what it leads to.
  api.chainOf = function (sysId) {
    var connection = api.lookUp('http_connection', 'sys_id', sysId)[0] || {};
    var credential = api.one('oauth_2_0_credentials', connection.credential);
    var profile = api.one('oauth_entity_profile', credential.oauth_entity_profile);
    var registry = api.one('oauth_entity', profile.oauth_entity);
    if (!registry.sys_id) {
      api.refuse(409, 'There is no such connection, or it leads to no OAuth registry');
    }
    api.checkOutbound(registry);
    return { connection: connection, credential: credential, profile: profile, registry: registry };
  };
})(spokeConnectionSetup);
