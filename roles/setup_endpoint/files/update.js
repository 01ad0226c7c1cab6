// POST /update: writes the given steps in their order, of these tables and the columns of shared.js only; secrets so that they are encrypted.
(function process(request, response) {
    var api = spokeConnectionSetup;
    var TABLES = ['http_connection', 'oauth_2_0_credentials', 'oauth_entity_profile', 'oauth_entity', 'oauth_entity_scope',
        'oauth_entity_profile_scope', 'sys_variable_value'];
    function save(record, table, isNew) {
        var sysId = isNew ? record.insert() : record.update();
        return api.text(sysId) || api.refuse(409, 'The instance refused to change ' + table + ': ' + api.text(record.getLastErrorMessage()));
    }
    // A value is a text, or the role of a step before, whose record it refers to.
    function resolve(value, ids) { return typeof value === 'string' ? value : api.text(ids[value.role]); }
    function set(record, table, column, value, isSecret) {
        if (api.COLUMNS[table].indexOf(column) < 0 || /\.|^sys_/.test(column)) api.refuse(400, table + '.' + column + ' cannot be written here');
        if (!record[column].canWrite()) api.refuse(403, 'The account may not write ' + table + '.' + column);
        record[column][isSecret ? 'setDisplayValue' : 'setValue'](value);
    }
    function setAttribute(step, ids) {
        var record = new GlideRecord('http_connection'), element;
        if (!record.get('sys_id', resolve(step.connection, ids)) || !record.canWrite()) api.refuse(403, 'The account may not write http_connection');
        element = record.extended_attributes[step.element];
        if (!element) api.refuse(409, 'The alias has no connection attribute ' + step.element);
        element[api.isEncrypted(step.type) ? 'setDisplayValue' : 'setValue'](api.secret(step.value));
        save(record, 'http_connection', false);
    }
    // The record of a step: by sys_id, or the one that the platform made by itself for what `find` says.
    function open(step, ids) {
        var record = new GlideRecord(step.table);
        if (step.sys_id && record.get('sys_id', step.sys_id)) return record;
        if (!step.find) return null;
        record = new GlideRecord(step.table);
        Object.keys(step.find).forEach(function (column) { record.addQuery(column, resolve(step.find[column], ids)); });
        record.setLimit(1);
        record.query();
        return record.next() ? record : null;
    }
    function write(step, ids) {
        var record = open(step, ids), isNew = !record, values = step.values || {};
        if (step.action === 'delete') {
            if (!isNew && !(record.canDelete() && record.deleteRecord())) api.refuse(403, 'The account may not delete from ' + step.table);
            return;
        }
        if (isNew) {
            if (step.action !== 'create') api.refuse(409, 'A record is gone from ' + step.table);
            record = new GlideRecord(step.table);
            record.initialize();
            if (step.sys_id) record.setNewGuidValue(step.sys_id);
            if (!record.canCreate()) api.refuse(403, 'The account may not create in ' + step.table);
        }
        Object.keys(values).forEach(function (name) {
            if (isNew || !step.only_new || step.only_new.indexOf(name) < 0) set(record, step.table, name, resolve(values[name], ids), false);
        });
        Object.keys(step.secret || {}).forEach(function (name) { set(record, step.table, name, api.secret(step.secret[name]), true); });
        ids[step.role] = save(record, step.table, isNew);
    }
    api.serve(request, response, function (input) {
        var ids = {}, steps = input.steps || [];
        if (steps.some(function (step) { return TABLES.indexOf(step.table) < 0; })) api.refuse(400, 'That table cannot be written here');
        api.log('update', input.alias_sys_id);
        steps.forEach(function (step) { (step.element ? setAttribute : write)(step, ids); });
        return {};
    });
}(request, response));
