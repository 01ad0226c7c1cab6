// POST /token: what "Get OAuth Token" does. The instance keeps the token; the answer says whether it got one, or why not.
(function process(request, response) {
    var api = spokeConnectionSetup;
    api.serve(request, response, function (input) {
        var chain = api.chainOf(input.connection_sys_id), ask = new sn_auth.GlideOAuthClientRequest(), answer, token, isGood;
        api.log('get a token for credential', chain.credential.sys_id);
        // With these three the platform keeps the token for the credential.
        ask.setParameter('oauth_requestor_context', 'oauth_2_0_credentials');
        ask.setParameter('oauth_requestor', chain.credential.sys_id);
        ask.setParameter('oauth_provider_profile', chain.profile.sys_id);
        answer = new sn_auth.GlideOAuthClient().requestTokenByRequest(null, ask);
        token = answer.getToken();
        isGood = Boolean(token && api.secret(api.text(token.getAccessToken())));
        return { expires_in: isGood ? api.text(token.getExpiresIn()) : '', ok: isGood ? 'true' : 'false',
            error: isGood ? '' : api.clean(answer.getErrorMessage() || 'The provider gave neither a token nor a reason', true) };
    });
}(request, response));
