// Part 2: secrets. None leaves the instance, nor anything from which one could be guessed.
(function (api) {
  'use strict';
  var LONGEST_MESSAGE = 400;
  var SHORTEST_TOKEN = 16;
  // Every secret that this call has seen, in the forms in which a message could repeat it.
  var seen = [];

  api.secret = function (value) {
    if (value.length > 3) {
      seen.push(value, encodeURIComponent(value), JSON.stringify(value).slice(1, -1));
      seen.push(GlideStringUtil.base64Encode(value));
    }
    return value;
  };

  // Whether an unbroken run of characters is made of words: no digits, and no part that is long or
  // of mixed case.
  function isWords(run) {
    return run.split(/[+=_~-]/).every(function (part) {
      return part.length < SHORTEST_TOKEN && /^([A-Z]?[a-z]*|[A-Z]*)$/.test(part);
    });
  }

  // A provider can repeat the token, which this script never sees, or secrets in forms of its own:
  // what looks like one goes.
  api.clean = function (message, isForeign) {
    var cleaned = api.text(message).substring(0, 10 * LONGEST_MESSAGE);
    seen.forEach(function (value) {
      cleaned = cleaned.split(value).join('********');
    });
    if (isForeign) {
      cleaned = cleaned.replace(/[A-Za-z0-9+=_~-]{16,}/g, function (run) {
        return isWords(run) ? run : '********';
      });
    }
    return cleaned.substring(0, LONGEST_MESSAGE);
  };

  api.isEncrypted = function (type) {
    return type === 'password' || type === 'password2';
  };

  // The value of an element that is a secret, or may be one, in plain.
  api.plain = function (element, type) {
    return api.secret(api.text(api.isEncrypted(type) ? element.getDecryptedValue() : element));
  };

  // The record that holds, or would hold, the value of an attribute.
  function valueOf(connection, definition) {
    var record = new GlideRecord('sys_variable_value');
    record.addQuery('document_key', api.text(connection.getUniqueValue()));
    record.addQuery('variable', definition.sys_id);
    record.query();
    if (!record.next()) {
      record.initialize();
      record.setValue('document', 'http_connection');
      record.setValue('document_key', api.text(connection.getUniqueValue()));
      record.setValue('variable', definition.sys_id);
    }
    return record;
  }

  // The attribute of a connection that `definition` describes, if the caller has that right (canRead
  // or canWrite) to it. Attributes are asked as the columns of the connection that they are on its
  // form. Rules for the values' own table count where the account's roles reach that table at all;
  // the roles that the documentation names for small accounts do not.
  api.attribute = function (connection, definition, right) {
    var attributes = connection.extended_attributes;
    var element = attributes && attributes[definition.element];
    var value = valueOf(connection, definition);
    var isDenied = !element || !attributes[right]() || !element[right]();
    var countsToo = gs.hasRole('admin') || value[right]();
    if (isDenied || (countsToo && !(value[right]() && value.value[right]()))) {
      api.refuse(
        403,
        'The account may not ' + right.slice(3).toLowerCase() + ' connection attributes'
      );
    }
    return element;
  };

  function macOf(value, nonce) {
    // Encoded to ASCII first, which both sides do alike.
    var key = GlideStringUtil.base64Encode(nonce);
    var mac = new GlideCertificateEncryption().generateMac(
      key,
      'HmacSHA256',
      encodeURIComponent(value)
    );
    return api.text(mac).replace(/\s/g, '');
  }

  // Which of `proofs` is that of `value`: its position, or -1. A proof is the HMAC-SHA256, in
  // base64, that the caller made of a secret which it holds, under the nonce of this request.
  api.provenBy = function (value, proofs, nonce) {
    return proofs.indexOf(macOf(value, nonce));
  };
})(spokeConnectionSetup);
