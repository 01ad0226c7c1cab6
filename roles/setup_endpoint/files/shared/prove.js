// Part 6, of /token, /test and /rotate: having a token fetched, and one GET through the stored
// connection. Of what the provider says only the status and its own error text go on.
(function (api) {
  'use strict';
  var LONGEST_BODY = 20000;
  var PATH = /^(\/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)+$/;
  // No login, port of its own, query or fragment: they would send the secrets elsewhere than the
  // address seems to say.
  var ADDRESS = /^https:\/\/[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*(:443)?(\/[A-Za-z0-9._~%-]*)*$/i;
  var HEADER = /^X-[A-Za-z0-9-]{1,60}$/i;
  var ERROR_TEXT =
    // eslint-disable-next-line no-control-regex
    /"(?:errorMessage|error_description|message|detail)"\s*:\s*("(?:[^"\\\x00-\x1f]|\\["\\/bfnrt])*")/;

  // It replaces what is kept for the credential and sends the client secret to the Token URL.
  api.checkToken = function (chain) {
    var credential = new GlideRecord('oauth_2_0_credentials');
    if (!credential.get('sys_id', chain.credential.sys_id) || !credential.canWrite()) {
      api.refuse(403, 'The account may not write oauth_2_0_credentials');
    }
    if (!/^https:\/\/[^\s/?#@\\]+(\/[^\s?#\\]*)?$/i.test(chain.registry.token_url)) {
      api.refuse(409, 'The Token URL is not an https address without login, query and fragment');
    }
  };

  // What "Get OAuth Token" does. The instance keeps the token; the result says whether it got one, or
  // why not.
  api.fetchToken = function (chain) {
    var ask = new sn_auth.GlideOAuthClientRequest();
    var answer;
    var token;
    var isGood;
    api.checkToken(chain);
    api.log('get a token for credential', chain.credential.sys_id);
    // With these the platform keeps the token for the credential; they are those of its own form.
    ask.setParameter('oauth_requestor_context', 'oauth_2_0_credentials');
    ask.setParameter('oauth_requestor', chain.credential.sys_id);
    ask.setParameter('oauth_provider_profile', chain.profile.sys_id);
    ask.setParameter('oauth_provider_id', chain.registry.sys_id);
    answer = new sn_auth.GlideOAuthClient().requestTokenByRequest(null, ask);
    token = answer.getToken();
    isGood = Boolean(token && api.secret(api.text(token.getAccessToken())));
    if (isGood) {
      return { ok: 'true', expires_in: api.text(token.getExpiresIn()), error: '' };
    }
    return {
      ok: 'false',
      expires_in: '',
      error: api.clean(
        answer.getErrorMessage() || 'The provider gave neither a token nor a reason',
        true
      )
    };
  };

  function errorOf(body) {
    var match = ERROR_TEXT.exec(body);
    return match ? JSON.parse(match[1]) : '';
  }

  // The values of the headers, by name, empty for an attribute without one. `headers` maps header to
  // element.
  function valuesOf(connection, headers) {
    var values = {};
    var record = new GlideRecord('http_connection');
    var definitions = api.rows('connection_attributes', 'model', connection.connection_alias);
    record.get('sys_id', connection.sys_id);
    Object.keys(headers).forEach(function (name) {
      var value;
      var definition = definitions.filter(function (row) {
        return row.element === headers[name];
      })[0];
      if (!HEADER.test(name) || !definition) {
        api.refuse(
          400,
          'headers has to map names such as X-API-TOKEN to attributes of the connection'
        );
      }
      value = api.plain(api.attribute(record, definition, 'canRead'), definition.internal_type);
      if (/[^\x20-\x7e]/.test(value)) {
        api.refuse(409, 'The value of ' + name + ' cannot be sent in a header');
      }
      values[name] = value;
    });
    return values;
  }

  // Refuses a call that cannot be made, or that the caller may not make; returns the values of its
  // headers.
  api.checkCall = function (connection, path, headers) {
    if (!PATH.test(path) || path.length > 200) {
      api.refuse(400, 'path has to be a plain path');
    }
    if (!ADDRESS.test(connection.connection_url)) {
      api.refuse(
        409,
        'The connection URL is not a plain https address: no login, other port, query or fragment'
      );
    }
    if (connection.use_mid === 'true') {
      api.refuse(409, 'The connection goes through a MID server, which this test cannot do');
    }
    return valuesOf(connection, headers || {});
  };

  // A redirect would carry the headers to whoever is named in it.
  function refuseRedirects(message) {
    if (message.setFollowRedirect) {
      message.setFollowRedirect(false);
    }
    if (message.setAllowedRedirectURIs) {
      message.setAllowedRedirectURIs([]);
    }
  }

  function outcome(answer) {
    var status = Number(answer.getStatusCode());
    var body = api.text(answer.getBody()).substring(0, LONGEST_BODY);
    if (status >= 200 && status < 300) {
      return {
        http_status: '' + status,
        error: /^\s*</.test(body) ? 'The answer is a web page' : ''
      };
    }
    return {
      http_status: '' + status,
      error: api.clean(errorOf(body) || answer.getErrorMessage(), true)
    };
  }

  // Calls `path` with the attributes that `headers` maps to; waits for `milliseconds` at most.
  api.callThrough = function (chain, path, headers, milliseconds) {
    var values = api.checkCall(chain.connection, path, headers);
    var message = new sn_ws.RESTMessageV2();
    var unsent = [];
    var result;
    message.setHttpMethod('get');
    message.setEndpoint(chain.connection.connection_url.replace(/\/+$/, '') + path);
    message.setHttpTimeout(milliseconds);
    refuseRedirects(message);
    Object.keys(values).forEach(function (name) {
      if (values[name]) {
        message.setRequestHeader(name, values[name]);
      } else {
        unsent.push(name);
      }
    });
    message.setAuthenticationProfile('oauth2', chain.profile.sys_id);
    message.setRequestorProfile('oauth_2_0_credentials', chain.credential.sys_id);
    api.log('test connection', chain.connection.sys_id);
    try {
      result = outcome(message.execute());
    } catch (error) {
      result = { http_status: '0', error: api.clean(error.message || error, true) };
    }
    result.unsent = unsent.join(' ');
    return result;
  };
})(spokeConnectionSetup);
