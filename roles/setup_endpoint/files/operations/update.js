// POST /update: writes the given steps in their order, of these tables and the columns of rows.js
// only; secrets so that they are encrypted.
(function process(request, response) {
  var api = spokeConnectionSetup;
  var TABLES = [
    'http_connection',
    'oauth_2_0_credentials',
    'oauth_entity_profile',
    'oauth_entity',
    'oauth_entity_scope',
    'oauth_entity_profile_scope',
    'sys_variable_value'
  ];

  // A value is a text, or the role of a step before, whose record it refers to.
  function resolve(value, ids) {
    if (typeof value === 'string') {
      return value;
    }
    return (value && ids[value.role]) || api.refuse(400, 'A step refers to none before it');
  }

  function setAttribute(step, ids) {
    var value = api.secret(api.given(step.value, 'value'));
    var place = api.openAttribute(resolve(step.connection, ids), step.element);
    api.setAttribute(place, value);
    api.save(place.record, 'http_connection', false);
  }

  // The rows of a step: by sys_id or, of a new profile, the default one that the platform made for
  // its registry.
  function find(step, ids) {
    var found = api.lookUp(step.table, 'sys_id', step.sys_id);
    if (found.length || step.action !== 'create' || step.table !== 'oauth_entity_profile') {
      return found;
    }
    return api
      .lookUp(step.table, 'oauth_entity', resolve((step.values || {}).oauth_entity, ids))
      .filter(function (row) {
        return row['default'] === 'true';
      });
  }

  function start(step) {
    var record = new GlideRecord(step.table);
    if (step.action !== 'create') {
      api.refuse(409, 'A record is gone from ' + step.table);
    }
    if (!/^[0-9a-f]{32}$/.test(step.sys_id)) {
      api.refuse(400, 'sys_id has to be 32 hexadecimal digits');
    }
    record.initialize();
    record.setNewGuidValue(step.sys_id);
    if (!record.canCreate()) {
      api.refuse(403, 'The account may not create in ' + step.table);
    }
    return record;
  }

  function remove(step, record) {
    if (record && !(record.canDelete() && record.deleteRecord())) {
      api.refuse(403, 'The account may not delete from ' + step.table);
    }
    if (record) {
      api.log('delete from ' + step.table, step.sys_id);
    }
  }

  // The columns that the step sets: those of a new record are left alone in one that is there.
  function columnsOf(step, isNew) {
    return Object.keys(step.values || {}).filter(function (name) {
      return isNew || !step.only_new || step.only_new.indexOf(name) < 0;
    });
  }

  function write(step, ids) {
    var record = api.open(step.table, find(step, ids)[0]);
    var isNew = !record;
    if (step.action === 'delete') {
      remove(step, record);
      return;
    }
    if (isNew) {
      record = start(step);
    } else if (!record.canWrite()) {
      api.refuse(403, 'The account may not write ' + step.table);
    }
    api.fill(record, step, columnsOf(step, isNew), function (value) {
      return resolve(value, ids);
    });
    ids[step.role] = api.save(record, step.table, isNew);
  }

  // Values of attributes are set on the connection, so that the platform encrypts them.
  function isKnown(step) {
    var isValue = step.table === 'sys_variable_value';
    return (
      TABLES.indexOf(step.table) >= 0 && (step.element || step.action === 'delete' || !isValue)
    );
  }

  api.serve(request, response, function (input) {
    var ids = Object.create(null);
    var steps = input.steps || [];
    if (!Array.isArray(steps) || !steps.every(isKnown)) {
      api.refuse(400, 'That cannot be written here');
    }
    steps.forEach(function (step) {
      if (step.element) {
        setAttribute(step, ids);
      } else {
        write(step, ids);
      }
    });
    return {};
  });
})(request, response);
