// POST /test: one GET through the stored connection, to prove it. Of the answer only the status and
// the provider's own error text.
(function process(request, response) {
  var api = spokeConnectionSetup;
  var LONGEST_BODY = 20000;
  var PATH = /^(\/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)+$/;
  // No login, port of its own, query or fragment: they would send the secrets elsewhere than the
  // address seems to say.
  var ADDRESS = /^https:\/\/[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*(:443)?(\/[A-Za-z0-9._~%-]*)*$/i;
  var HEADER = /^X-[A-Za-z0-9-]{1,60}$/i;
  var ERROR_TEXT =
    // eslint-disable-next-line no-control-regex
    /"(?:errorMessage|error_description|message|detail)"\s*:\s*("(?:[^"\\\x00-\x1f]|\\["\\/bfnrt])*")/;

  function errorOf(body) {
    var match = ERROR_TEXT.exec(body);
    return match ? JSON.parse(match[1]) : '';
  }

  function check(connection, path) {
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
  }

  // Sets the headers that carry attributes; returns the names of those without a value. `headers`
  // maps header to element.
  function setHeaders(message, connection, headers) {
    var record = new GlideRecord('http_connection');
    var definitions = api.rows('connection_attributes', 'model', connection.connection_alias);
    record.get('sys_id', connection.sys_id);
    return Object.keys(headers).filter(function (name) {
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
      if (value) {
        message.setRequestHeader(name, value);
      }
      return !value;
    });
  }

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

  api.serve(request, response, function (input) {
    var chain = api.chainOf(input.connection_sys_id);
    var path = api.given(input.path, 'path');
    var message = new sn_ws.RESTMessageV2();
    var unsent;
    var result;
    check(chain.connection, path);
    message.setHttpMethod('get');
    message.setEndpoint(chain.connection.connection_url.replace(/\/+$/, '') + path);
    message.setHttpTimeout(30000);
    refuseRedirects(message);
    unsent = setHeaders(message, chain.connection, input.headers || {});
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
  });
})(request, response);
