// Part 4: what is configured for an alias, and whether its secrets are those that the caller holds.
(function (api) {
  'use strict';
  var MOST_PROOFS = 50;
  var MOST_ALIASES = 10;
  var DIFFERENT = 'different';
  var NOT_SET = 'not set';
  var SAME = 'same';
  // Which records are looked for: table, column, and the column of which rows found before has its
  // values.
  var LINKS = [
    ['connection_attributes', 'model', 'sys_alias', 'sys_id'],
    ['http_connection', 'connection_alias', 'sys_alias', 'sys_id'],
    ['oauth_2_0_credentials', 'sys_id', 'http_connection', 'credential'],
    ['oauth_entity_profile', 'sys_id', 'oauth_2_0_credentials', 'oauth_entity_profile'],
    ['oauth_entity', 'sys_id', 'oauth_entity_profile', 'oauth_entity'],
    ['oauth_entity_profile', 'oauth_entity', 'oauth_entity', 'sys_id'],
    ['oauth_2_0_credentials', 'oauth_entity_profile', 'oauth_entity_profile', 'sys_id'],
    ['http_connection', 'credential', 'oauth_2_0_credentials', 'sys_id'],
    ['oauth_entity_scope', 'oauth_entity', 'oauth_entity', 'sys_id'],
    ['oauth_entity_profile_scope', 'oauth_entity_profile', 'oauth_entity_profile', 'sys_id'],
    ['sys_variable_value', 'document_key', 'http_connection', 'sys_id'],
    ['oauth_credential', 'oauth_requestor_profile.requestor_id', 'oauth_2_0_credentials', 'sys_id']
  ];

  function add(tables, table, rows) {
    tables[table] = tables[table] || [];
    rows.forEach(function (row) {
      var isNew = tables[table].every(function (other) {
        return other.sys_id !== row.sys_id;
      });
      if (isNew) {
        tables[table].push(row);
      }
    });
  }

  // Follows one of LINKS; false for tokens that the caller may not read, which are the only thing
  // that can be done without.
  function follow(tables, link) {
    try {
      tables[link[2]].forEach(function (row) {
        add(tables, link[0], api.rows(link[0], link[1], row[link[3]]));
      });
    } catch (error) {
      if (error.status !== 403 || link[0] !== 'oauth_credential') {
        throw error;
      }
      return false;
    }
    return true;
  }

  // What the caller can prove to hold: of the client secret, and of attributes, in an order of its
  // own.
  function proofsOf(input) {
    var given = input.proofs || {};
    var attributes = given.attributes || [];
    if (!Array.isArray(attributes) || attributes.length > MOST_PROOFS) {
      api.refuse(400, 'proofs.attributes has to be a list of at most ' + MOST_PROOFS);
    }
    return {
      client_secret: given.client_secret
        ? [api.given(given.client_secret, 'proofs.client_secret')]
        : [],
      attributes: attributes.map(function (proof) {
        return api.given(proof, 'proofs.attributes');
      })
    };
  }

  // Puts into `row[column]` how `value` compares with what the caller holds, and into `row[column +
  // '_is']` with which of it. Each comparison is a guess, so each leaves a line in the log.
  function compare(row, table, column, value, proofs, nonce) {
    var position = value ? api.provenBy(value, proofs, nonce) : -1;
    row[column] = value ? DIFFERENT : NOT_SET;
    if (position >= 0) {
      row[column] = SAME;
      row[column + '_is'] = '' + position;
    }
    (value ? proofs : []).forEach(function (proof, index) {
      var word = index === position ? SAME : DIFFERENT;
      api.log('compare ' + table + '.' + column + ' (' + word + ')', row.sys_id);
    });
  }

  function valuesOf(rows, column) {
    return rows.map(function (row) {
      return row[column];
    });
  }

  // The registries that the aliases lead to, or that are about to join them: those with the wanted
  // name. Never one that may be an inbound client's.
  function ownRegistries(tables, wantedName) {
    var aliases = valuesOf(tables.sys_alias, 'sys_id');
    var ids = valuesOf(
      tables.http_connection.filter(function (row) {
        return aliases.indexOf(row.connection_alias) >= 0;
      }),
      'credential'
    );
    [
      ['oauth_2_0_credentials', 'oauth_entity_profile'],
      ['oauth_entity_profile', 'oauth_entity']
    ].forEach(function (step) {
      ids = valuesOf(
        tables[step[0]].filter(function (row) {
          return ids.indexOf(row.sys_id) >= 0;
        }),
        step[1]
      );
    });
    return tables.oauth_entity.filter(function (row) {
      return api.isOutbound(row) && (ids.indexOf(row.sys_id) >= 0 || row.name === wantedName);
    });
  }

  function compareRegistries(tables, input, proofs) {
    tables.oauth_entity.forEach(function (row) {
      row.client_secret = DIFFERENT;
    });
    ownRegistries(tables, input.registry_name).forEach(function (row) {
      var record = new GlideRecord('oauth_entity');
      var value = record.get('sys_id', row.sys_id)
        ? api.plain(record.client_secret, 'password2')
        : '';
      compare(row, 'oauth_entity', 'client_secret', value, proofs.client_secret, input.nonce);
    });
  }

  // Attributes are compared whatever their type: people keep tokens in plain ones too.
  function compareAttributes(tables, input, proofs) {
    tables.connection_attributes.forEach(function (row) {
      var record = new GlideRecord('connection_attributes');
      var value = record.get('sys_id', row.sys_id) ? api.plain(record.default_value, 'string') : '';
      compare(row, 'connection_attributes', 'default_value', value, proofs.attributes, input.nonce);
    });
    tables.sys_variable_value.forEach(function (row) {
      var definition = tables.connection_attributes.filter(function (other) {
        return other.sys_id === row.variable;
      })[0];
      var connection = new GlideRecord('http_connection');
      row.value = DIFFERENT;
      if (definition && connection.get('sys_id', row.document_key)) {
        compareValue(row, connection, definition, proofs.attributes, input.nonce);
      }
    });
  }

  function compareValue(row, connection, definition, proofs, nonce) {
    var element = api.attribute(connection, definition, 'canRead');
    compare(
      row,
      'sys_variable_value',
      'value',
      api.plain(element, definition.internal_type),
      proofs,
      nonce
    );
  }

  // All records that decide what is to be done for an alias, or for each alias of a scope, and
  // whoever bears a wanted name.
  api.stateOf = function (input) {
    var tables = {};
    var proofs = proofsOf(input);
    var column = /^[0-9a-f]{32}$/.test(input.alias) ? 'sys_id' : 'id';
    var denied;
    add(
      tables,
      'sys_alias',
      api.lookUp('sys_alias', input.scope ? 'sys_scope.scope' : column, input.scope || input.alias)
    );
    if (
      tables.sys_alias.length > MOST_ALIASES &&
      (proofs.client_secret.length || proofs.attributes.length)
    ) {
      api.refuse(409, 'The scope has too many aliases to compare secrets; name one alias');
    }
    add(tables, 'http_connection', api.lookUp('http_connection', 'name', input.connection_name));
    add(tables, 'oauth_entity', api.lookUp('oauth_entity', 'name', input.registry_name));
    LINKS.forEach(function (link) {
      add(tables, link[0], []);
    });
    denied = LINKS.filter(function (link) {
      return !follow(tables, link);
    });
    // One value for each attribute is all that a caller can have to write; more would be guesses.
    if (proofs.attributes.length > tables.connection_attributes.length) {
      proofs.attributes = [];
    }
    compareRegistries(tables, input, proofs);
    compareAttributes(tables, input, proofs);
    return { tables: tables, denied: valuesOf(denied, 0) };
  };
})(spokeConnectionSetup);
