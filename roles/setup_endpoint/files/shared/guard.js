// SPDX-License-Identifier: GPL-3.0-or-later
// What the operations of the REST API "Spoke Connection Setup" share, part 1: who may call, what comes
// in, what goes out. Tables, records and columns are asked for with the caller's rights (canRead,
// canWrite, ...) before they are read or written.
var spokeConnectionSetup = {};
(function (api) {
  'use strict';
  var VERSION = '2';
  var LONGEST_BODY = 262144;
  var LONGEST_TEXT = 8000;
  var MOST_ENTRIES = 500;
  var DEEPEST = 5;

  api.refuse = function (status, message) {
    throw { status: status, message: message, isRefusal: true };
  };

  api.text = function (value) {
    return value === null || value === undefined ? '' : '' + value;
  };

  // A part of the input that has to be a text.
  api.given = function (value, name) {
    return typeof value === 'string' ? value : api.refuse(400, name + ' has to be a text');
  };

  // One line in the system log for each change, comparison, token and test call; who and when are
  // columns of the log.
  api.log = function (event, sysId) {
    gs.info('Spoke Connection Setup: ' + event + ' ' + sysId);
    return sysId;
  };

  // The platform runs a value as a script if it starts with javascript:.
  function checkText(value) {
    // eslint-disable-next-line no-control-regex
    if (/[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|^\s*javascript:/i.test(value)) {
      api.refuse(400, 'A text of the body is not one that this API takes');
    }
    if (value.length > LONGEST_TEXT) {
      api.refuse(400, 'A text of the body is too long');
    }
  }

  // Input is JSON made of objects, lists and texts, of limited size.
  function check(value, depth) {
    if (typeof value === 'string') {
      checkText(value);
      return;
    }
    if (!value || typeof value !== 'object' || depth > DEEPEST) {
      api.refuse(400, 'The body has to be made of objects, lists and texts');
    }
    if (Object.keys(value).length > MOST_ENTRIES) {
      api.refuse(400, 'The body has too many entries');
    }
    Object.keys(value).forEach(function (name) {
      check(value[name], depth + 1);
    });
  }

  function readInput(request) {
    var body = api.text(request.body.dataString);
    var input = null;
    if (body.length > LONGEST_BODY) {
      api.refuse(413, 'The body is too long');
    }
    try {
      input = JSON.parse(body);
      // eslint-disable-next-line no-unused-vars
    } catch (ignored) {
      api.refuse(400, 'The body is not JSON');
    }
    check(input, 0);
    if (!/^[0-9a-f]{32,128}$/.test(input.nonce)) {
      api.refuse(400, 'nonce has to be 32 to 128 hexadecimal digits');
    }
    return input;
  }

  function failureOf(error) {
    var failure = new sn_ws_err.ServiceError();
    var detail = 'Spoke Connection Setup version ' + VERSION;
    failure.setStatus(error.isRefusal ? error.status : 422);
    failure.setMessage(error.isRefusal ? api.clean(error.message) : 'The operation failed');
    failure.setDetail(error.isRefusal ? detail : detail + ': ' + api.clean(error.message || error));
    return failure;
  }

  // Answers a request: role, input, then `act`. Whatever happens becomes an answer without secrets.
  api.serve = function (request, response, act) {
    var input;
    var result;
    try {
      if (!gs.hasRole('admin') && !gs.hasRole('connection_admin')) {
        api.refuse(403, 'The role admin or connection_admin is needed');
      }
      input = readInput(request);
      result = act(input);
      if (input.scope || input.alias) {
        result.state = api.stateOf(input);
      }
      result.version = VERSION;
      response.setBody(result);
    } catch (error) {
      response.setError(failureOf(error));
    }
  };
})(spokeConnectionSetup);
