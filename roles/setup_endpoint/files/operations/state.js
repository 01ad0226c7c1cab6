// POST /state: what is configured for an alias. Changes nothing.
(function process(request, response) {
  spokeConnectionSetup.serve(request, response, function () {
    return {};
  });
})(request, response);
