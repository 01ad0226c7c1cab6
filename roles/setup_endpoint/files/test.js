// POST /test: one GET through the stored connection, to prove it. Of the answer only the status and the provider's own error text.
(function process(request, response) {
    var api = spokeConnectionSetup, LONGEST_BODY = 20000;
    function errorOf(body) {
        var match = /"(?:errorMessage|error_description|message|detail)"\s*:\s*("(?:[^"\\\x00-\x1f]|\\["\\\/bfnrt])*")/.exec(body);
        return match ? JSON.parse(match[1]) : '';
    }
    api.serve(request, response, function (input) {
        var chain = api.chainOf(input.connection_sys_id), path = api.text(input.path), connection = new GlideRecord('http_connection');
        var message = new sn_ws.RESTMessageV2(), url = chain.connection.connection_url, answer, status, body;
        if (!/^(\/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)+$/.test(path) || path.length > 200) api.refuse(400, 'path has to be a plain path');
        if (!/^https:\/\//i.test(url)) api.refuse(409, 'The connection URL is not an https address');
        if (chain.connection.use_mid === 'true') api.refuse(409, 'The connection goes through a MID server, which this test cannot do');
        connection.get('sys_id', chain.connection.sys_id);
        message.setHttpMethod('get');
        message.setEndpoint(url.replace(/\/+$/, '') + path);
        message.setHttpTimeout(30000);
        // Attributes that are labelled like a header go out as one.
        api.rows('connection_attributes', 'model', chain.connection.connection_alias).forEach(function (definition) {
            var value = api.plain(connection.extended_attributes[definition.element], definition.internal_type);
            if (value && /^X-[A-Za-z0-9-]{1,60}$/i.test(definition.column_label)) message.setRequestHeader(definition.column_label, value);
        });
        message.setAuthenticationProfile('oauth2', chain.profile.sys_id);
        message.setRequestorProfile('oauth_2_0_credentials', chain.credential.sys_id);
        try { answer = message.execute(); } catch (error) { return { http_status: '0', error: api.clean(error.message || error, true) }; }
        status = Number(answer.getStatusCode());
        body = api.text(answer.getBody()).substring(0, LONGEST_BODY);
        if (status >= 200 && status < 300) return { http_status: '' + status, error: /^\s*</.test(body) ? 'The answer is a web page' : '' };
        return { http_status: '' + status, error: api.clean(errorOf(body) || answer.getErrorMessage(), true) };
    });
}(request, response));
