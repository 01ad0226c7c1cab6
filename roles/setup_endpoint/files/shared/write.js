// Part 5, of /update and /rotate: writing one record. The record and each column are asked for with
// the caller's rights; secrets are set so that they are encrypted.
(function (api) {
  'use strict';

  // Not documented for every release in the global scope.
  function lastError(record) {
    return record.getLastErrorMessage ? api.text(record.getLastErrorMessage()) : '';
  }

  api.save = function (record, table, isNew) {
    var sysId = api.text(isNew ? record.insert() : record.update());
    if (!sysId) {
      api.refuse(
        409,
        'The instance refused to change ' +
          table +
          ': ' +
          (lastError(record) || 'it gave no reason')
      );
    }
    return api.log((isNew ? 'create ' : 'update ') + table, sysId);
  };

  // Sets a column of `record`, which is not saved yet.
  api.set = function (record, table, column, value, isSecret) {
    if (!api.isWritable(table, column, isSecret)) {
      api.refuse(400, table + '.' + column + ' cannot be written here');
    }
    if (!record[column].canWrite()) {
      api.refuse(403, 'The account may not write ' + table + '.' + column);
    }
    if (isSecret) {
      record[column].setDisplayValue(value);
    } else {
      record[column].setValue(value);
    }
  };

  // Sets the columns `names` of `record` to the values of the step, as `valueOf` makes texts of them,
  // and the secret columns of the step.
  api.fill = function (record, step, names, valueOf) {
    var secrets = step.secret || {};
    names.forEach(function (name) {
      api.set(record, step.table, name, valueOf(step.values[name], name), false);
    });
    Object.keys(secrets).forEach(function (name) {
      api.set(record, step.table, name, api.secret(api.given(secrets[name], name)), true);
    });
  };

  // The record of a row; null where there is none.
  api.open = function (table, row) {
    var record = new GlideRecord(table);
    if (!row || !record.get('sys_id', row.sys_id)) {
      return null;
    }
    if (table === 'oauth_entity') {
      api.checkOutbound(row);
    }
    return record;
  };

  // An attribute of the connection `sysId` that the caller may write: its record, definition and
  // element.
  api.openAttribute = function (sysId, name) {
    var connection = api.lookUp('http_connection', 'sys_id', sysId)[0] || {};
    var record = new GlideRecord('http_connection');
    var definition = api
      .rows('connection_attributes', 'model', connection.connection_alias)
      .filter(function (row) {
        return row.element === name;
      })[0];
    if (!definition) {
      api.refuse(409, 'The alias of the connection has no such attribute');
    }
    if (!record.get('sys_id', connection.sys_id) || !record.canWrite()) {
      api.refuse(403, 'The account may not write http_connection');
    }
    return {
      record: record,
      definition: definition,
      element: api.attribute(record, definition, 'canWrite')
    };
  };

  // Values of attributes are set on the connection, so that the platform encrypts them.
  api.setAttribute = function (place, value) {
    if (api.isEncrypted(place.definition.internal_type)) {
      place.element.setDisplayValue(value);
    } else {
      place.element.setValue(value);
    }
  };
})(spokeConnectionSetup);
