// POST /rotate: writes other values over those of a connection, proves them with a token and a call,
// and where that fails writes back what was there before and proves that: in one request, so that no
// stored secret leaves the instance.
(function process(request, response) {
  var api = spokeConnectionSetup;
  // How the collection marks a token in the comments of the registry as one of other values.
  var MARK = 'snow_ops.spokes outdated_token=';
  // The platform ends a request after a minute, in which there may be two tokens and two calls.
  var LONGEST_WAIT = 10000;

  // Steps are those of /update, of records that are there: the registry and the connection, which
  // have to be those that the connection leads to, and attributes of the connection.
  function isOwn(step, chain) {
    if (!step || typeof step !== 'object') {
      return false;
    }
    if (step.element) {
      return step.connection === chain.connection.sys_id;
    }
    return (
      (step.table === 'oauth_entity' && step.sys_id === chain.registry.sys_id) ||
      (step.table === 'http_connection' && step.sys_id === chain.connection.sys_id)
    );
  }

  // The record of a step, which the caller may write, with the values of the step.
  function filled(step) {
    var record = api.open(step.table, api.lookUp(step.table, 'sys_id', step.sys_id)[0]);
    if (!record) {
      api.refuse(409, 'A record is gone from ' + step.table);
    }
    if (!record.canWrite()) {
      api.refuse(403, 'The account may not write ' + step.table);
    }
    api.fill(record, step, Object.keys(step.values || {}), api.given);
    return record;
  }

  function filledAttribute(step) {
    var place = api.openAttribute(step.connection, step.element);
    api.setAttribute(place, api.secret(api.given(step.value, 'value')));
    return place.record;
  }

  function write(step) {
    if (step.element) {
      api.save(filledAttribute(step), 'http_connection', false);
    } else {
      api.save(filled(step), step.table, false);
    }
  }

  // A stored secret in plain. One that this instance cannot decrypt could not be put back.
  function readSecret(element, type) {
    var value = api.plain(element, type);
    if (api.text(element) && !value) {
      api.refuse(409, 'A stored secret cannot be read, so that there would be no way back');
    }
    return value;
  }

  // A step that writes what is there now where `step` writes.
  function present(step) {
    var found = { table: step.table, sys_id: step.sys_id, values: {}, secret: {} };
    var place;
    var record;
    if (step.element) {
      place = api.openAttribute(step.connection, step.element);
      return {
        element: step.element,
        connection: step.connection,
        value: readSecret(
          api.attribute(place.record, place.definition, 'canRead'),
          place.definition.internal_type
        )
      };
    }
    record = api.open(step.table, api.lookUp(step.table, 'sys_id', step.sys_id)[0]);
    Object.keys(step.values || {}).forEach(function (name) {
      found.values[name] = api.text(record[name]);
    });
    Object.keys(step.secret || {}).forEach(function (name) {
      found.secret[name] = readSecret(record[name], 'password2');
    });
    return found;
  }

  function isKept(step) {
    var now = present(step);
    function isSame(part) {
      return Object.keys(step[part] || {}).every(function (name) {
        // Comments that are too long are cut off, which the collection copes with.
        return name === 'comments' || now[part][name] === step[part][name];
      });
    }
    return step.element ? now.value === step.value : isSame('values') && isSame('secret');
  }

  // Asks for every right before anything is written; returns the way back.
  function prepare(steps, input, chain) {
    var isFine = Array.isArray(steps) && steps.length > 0;
    isFine =
      isFine &&
      steps.every(function (step) {
        return isOwn(step, chain);
      });
    if (!isFine) {
      api.refuse(400, 'steps has to be about the connection, its registry and its attributes');
    }
    if (input.get_token === 'true') {
      api.checkToken(chain);
    }
    api.checkCall(chain.connection, api.given(input.path, 'path'), input.headers);
    steps.forEach(function (step) {
      return step.element ? filledAttribute(step) : filled(step);
    });
    return steps.map(present).reverse();
  }

  function isMissing(unsent, needed) {
    return unsent.split(' ').some(function (name) {
      return name && Array.isArray(needed) && needed.indexOf(name) >= 0;
    });
  }

  // Fetches a token if one is wanted, and makes the call; puts into `outcome` what came of it.
  function prove(input, outcome) {
    var token;
    var call;
    if (input.get_token === 'true') {
      outcome.stage = 'token';
      token = api.fetchToken(api.chainOf(input.connection_sys_id));
      outcome.error = token.error;
      outcome.expires_in = token.expires_in;
      outcome.has_token = token.ok;
      if (token.ok !== 'true') {
        return;
      }
    }
    outcome.stage = 'test';
    call = api.callThrough(
      api.chainOf(input.connection_sys_id),
      input.path,
      input.headers,
      LONGEST_WAIT
    );
    outcome.http_status = call.http_status;
    outcome.error = call.error;
    outcome.unsent = call.unsent;
    if (/^2/.test(call.http_status) && !call.error && !isMissing(call.unsent, input.needed)) {
      outcome.ok = 'true';
    }
  }

  // Writes `steps` and proves the connection, and writes `last` once it is proven: what came of it,
  // whatever happens.
  function attempt(steps, input, last) {
    var outcome = { ok: 'false', stage: 'write', http_status: '0', error: '', unsent: '' };
    outcome.has_token = 'false';
    outcome.expires_in = '';
    try {
      steps.forEach(write);
      if (!steps.every(isKept)) {
        api.refuse(409, 'The instance accepted a value and did not store it');
      }
      prove(input, outcome);
      if (outcome.ok === 'true') {
        last.forEach(write);
      }
    } catch (error) {
      outcome.error = api.clean(error.message || error, true);
    }
    return outcome;
  }

  // A step with the mark in the comments: a token that came meanwhile is one of the values that go.
  function marked(step) {
    var copy = JSON.parse(JSON.stringify(step));
    if (copy.table === 'oauth_entity' && typeof copy.values.comments === 'string') {
      copy.values.comments = copy.values.comments
        .split(/\r?\n/)
        .filter(function (line) {
          return line.indexOf(MARK) !== 0;
        })
        .concat(MARK + new GlideDateTime().getValue())
        .join('\n');
    }
    return copy;
  }

  // What takes the mark away again, once there is a token of the values from before.
  function comments(steps) {
    return steps
      .filter(function (step) {
        return step.table === 'oauth_entity' && typeof step.values.comments === 'string';
      })
      .map(function (step) {
        return {
          table: step.table,
          sys_id: step.sys_id,
          values: { comments: step.values.comments }
        };
      });
  }

  api.serve(request, response, function (input) {
    var chain = api.chainOf(input.connection_sys_id);
    var back = prepare(input.steps, input, chain);
    var isMarked;
    var result;
    if (input.scope || input.alias) {
      // It is part of the answer, so that a refusal has to come before anything is written.
      api.stateOf(input);
    }
    api.log('rotate connection', chain.connection.sys_id);
    result = attempt(input.steps, input, []);
    if (result.ok === 'true') {
      return result;
    }
    api.log('put back connection', chain.connection.sys_id);
    isMarked = result.has_token === 'true';
    result.before = attempt(
      isMarked ? back.map(marked) : back,
      input,
      isMarked ? comments(back) : []
    );
    return result;
  });
})(request, response);
