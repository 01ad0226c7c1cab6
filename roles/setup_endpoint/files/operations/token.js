// POST /token: what "Get OAuth Token" does. The instance keeps the token; the answer says whether
// it got one, or why not.
(function process(request, response) {
  var api = spokeConnectionSetup;

  // It replaces what is kept for the credential and sends the client secret to the Token URL.
  function check(chain) {
    var credential = new GlideRecord('oauth_2_0_credentials');
    if (!credential.get('sys_id', chain.credential.sys_id) || !credential.canWrite()) {
      api.refuse(403, 'The account may not write oauth_2_0_credentials');
    }
    if (!/^https:\/\/[^\s/?#@\\]+(\/[^\s?#\\]*)?$/i.test(chain.registry.token_url)) {
      api.refuse(409, 'The Token URL is not an https address without login, query and fragment');
    }
  }

  api.serve(request, response, function (input) {
    var chain = api.chainOf(input.connection_sys_id);
    var ask = new sn_auth.GlideOAuthClientRequest();
    var answer;
    var token;
    var isGood;
    check(chain);
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
  });
})(request, response);
