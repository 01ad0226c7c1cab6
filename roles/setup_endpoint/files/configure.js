// POST /configure: what "Configure" of the form does, by the same server API, for an alias without a connection.
(function process(request, response) {
    var api = spokeConnectionSetup;
    api.serve(request, response, function (input) {
        var alias = api.one('sys_alias', input.alias_sys_id), form = input.form || {}, builder = new sn_cc.ConnectionBuilder(), schema, names = [], made;
        if (!alias.configuration_template) api.refuse(409, 'There is no such alias, or it has no configuration template');
        schema = JSON.parse(alias['configuration_template.dynamic_data_schema'] || '{}');
        Object.keys(schema).forEach(function (part) { schema[part].forEach(function (field) { names.push(field.name); }); });
        Object.keys(form).forEach(function (name) {
            if (names.indexOf(name) < 0) api.refuse(400, 'The form has no such field; it has ' + names.join(', '));
            if (!/^connection\.(name|connection_url)$|\.(name|client_id|\w+_url)$/.test(name)) api.secret(api.text(form[name]));
        });
        if (api.rows('http_connection', 'connection_alias', alias.sys_id).length) api.refuse(409, 'The alias has a connection already');
        api.log('configure alias', alias.sys_id);
        builder.setCheckACL(true);
        made = builder.createCCWithDynamicInputs(alias.sys_id, JSON.stringify(form));
        return { connection_sys_id: api.text(made.getID()), message: api.clean(made.getMessage()) };
    });
}(request, response));
