// POST /configure: what "Configure" of the form does, by the same server API, for an alias without
// a connection.
(function process(request, response) {
  var api = spokeConnectionSetup;
  // Inputs that are no secrets; whatever else the form has may be one.
  var PLAIN_INPUT = /^connection\.(name|connection_url)$|\.(name|client_id|\w+_url)$/;
  // The builder says in words only why it made nothing; these are about rights.
  var ABOUT_RIGHTS =
    /\bacls?\b|insufficient|permission|privilege|not authori[sz]ed|security constraint|access control/i;

  function inputsOf(alias) {
    var schema = JSON.parse(alias['configuration_template.dynamic_data_schema'] || '{}');
    var names = [];
    Object.keys(schema).forEach(function (part) {
      (Array.isArray(schema[part]) ? schema[part] : []).forEach(function (field) {
        names.push(field.name);
      });
    });
    return names;
  }

  function checkForm(alias, form) {
    var names = inputsOf(alias);
    Object.keys(form).forEach(function (name) {
      var value = api.given(form[name], 'An input of the form');
      if (names.indexOf(name) < 0) {
        api.refuse(400, 'The form has no such field; it has ' + names.join(', '));
      }
      if (!PLAIN_INPUT.test(name)) {
        api.secret(value);
      }
    });
  }

  // The form has no input for the registry's comments. Where they cannot be written, the state shows
  // that they are missing, and an update follows, which says why.
  function comment(connection, comments) {
    var registry = new GlideRecord('oauth_entity');
    var chain;
    try {
      chain = api.chainOf(connection);
    } catch (error) {
      api.log('comments are left to an update: ' + api.clean(error.message), connection);
      return;
    }
    if (
      registry.get('sys_id', chain.registry.sys_id) &&
      registry.canWrite() &&
      registry.comments.canWrite() &&
      !chain.registry.comments
    ) {
      registry.comments.setValue(comments);
      registry.update();
      api.log('update oauth_entity', chain.registry.sys_id);
    }
  }

  api.serve(request, response, function (input) {
    var alias = api.lookUp('sys_alias', 'sys_id', input.alias_sys_id)[0] || {};
    var form = input.form || {};
    var comments = api.given(input.comments || '', 'comments');
    var builder = new sn_cc.ConnectionBuilder();
    var connection;
    var made;
    if (!alias.configuration_template) {
      api.refuse(409, 'There is no such alias, or it has no configuration template');
    }
    checkForm(alias, form);
    if (api.rows('http_connection', 'connection_alias', alias.sys_id).length) {
      api.refuse(409, 'The alias has a connection already');
    }
    api.log('configure alias', alias.sys_id);
    builder.setCheckACL(true);
    made = builder.createCCWithDynamicInputs(alias.sys_id, JSON.stringify(form));
    connection = api.text(made.getID());
    if (connection && comments) {
      comment(connection, comments);
    }
    return {
      connection_sys_id: connection,
      message: api.clean(made.getMessage()),
      is_about_rights:
        !connection && ABOUT_RIGHTS.test(api.text(made.getMessage())) ? 'true' : 'false'
    };
  });
})(request, response);
