// POST /test: one GET through the stored connection, to prove it.
(function process(request, response) {
  var api = spokeConnectionSetup;
  var LONGEST_WAIT = 30000;

  api.serve(request, response, function (input) {
    var chain = api.chainOf(input.connection_sys_id);
    return api.callThrough(chain, api.given(input.path, 'path'), input.headers, LONGEST_WAIT);
  });
})(request, response);
