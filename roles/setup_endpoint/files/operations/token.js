// POST /token: what "Get OAuth Token" does.
(function process(request, response) {
  var api = spokeConnectionSetup;

  api.serve(request, response, function (input) {
    return api.fetchToken(api.chainOf(input.connection_sys_id));
  });
})(request, response);
