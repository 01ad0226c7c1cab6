// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: snow_ops contributors
// Takes away what came after ES5, and runs the script.

const GLOBALS = `Object Function Array String Boolean Number Date RegExp Error EvalError RangeError ReferenceError SyntaxError TypeError
  URIError Math JSON NaN Infinity undefined parseInt parseFloat isNaN isFinite decodeURI decodeURIComponent encodeURI
  encodeURIComponent escape unescape gs sn_ws sn_ws_err sn_cc sn_auth GlideStringUtil GlideEncrypter GlideCertificateEncryption
  CertificateEncryption GlideDigest GlideDateTime GlideRecord GlideRecordSecure GlideElement RESTMessageV2 GlideOAuthClient
  GlideOAuthClientRequest`.split(/\s+/);
const MEMBERS = [
  [Object, `create defineProperty defineProperties freeze getOwnPropertyDescriptor getOwnPropertyNames getPrototypeOf isExtensible
    isFrozen isSealed keys preventExtensions seal`],
  [Array, "isArray"],
  [Array.prototype, `constructor concat every filter forEach indexOf join lastIndexOf map pop push reduce reduceRight reverse shift
    slice some sort splice toLocaleString toString unshift`],
  [String, "fromCharCode"],
  [String.prototype, `constructor charAt charCodeAt concat indexOf lastIndexOf localeCompare match replace search slice split substr
    substring toLocaleLowerCase toLocaleUpperCase toLowerCase toString toUpperCase trim valueOf`],
  [Number, "MAX_VALUE MIN_VALUE NaN NEGATIVE_INFINITY POSITIVE_INFINITY"],
  [Math, `E LN10 LN2 LOG10E LOG2E PI SQRT1_2 SQRT2 abs acos asin atan atan2 ceil cos exp floor log max min pow random round sin
    sqrt tan`],
];
const ALWAYS = ["prototype", "length", "name"];

const timeIsUp = () => host("time_is_up");
const now = Date.now;
// Lines from here on are the script's, those before the prelude's: the engine gives both the same name.
const PADDING = "\n".repeat(10000);
let nextLook = 0;

function tick() {
  const moment = now();
  if (moment < nextLook) return;
  nextLook = moment + 50;
  if (timeIsUp()) {
    nextLook = 0;
    throw new Error("Transaction cancelled: maximum execution time exceeded");
  }
}

function withdraw(object, kept) {
  for (const name of getOwnPropertyNames(object)) {
    if (kept.indexOf(name) < 0 && ALWAYS.indexOf(name) < 0) deleteProperty(object, name);
  }
}

function thrown(error) {
  if (error instanceof ServiceError) return { error: error.error };
  const lines = error && error.stack ? error.stack.match(/<input>:\d+/g) || [] : [];
  for (const line of lines) {
    const number = Number(line.slice("<input>:".length)) - PADDING.length;
    if (number > 0) return { thrown: text(error) + " (line " + number + ")" };
  }
  return { thrown: text(error) };
}

function run(source, variables) {
  const given = parse(variables);
  for (const name of keys(given)) define(name, name === "request" ? scriptedRequest(given[name]) : given[name]);
  if (hasOwn(given, "request")) define("response", scriptedResponse);
  for (const [object, names] of MEMBERS) withdraw(object, names.split(/\s+/));
  withdraw(global, GLOBALS.concat(keys(given), ["response"]));
  defineProperty(global, "__tick", { value: tick });
  define("global", global);
  let returned;
  try {
    returned = evaluate(PADDING + source);
    if (answer.error instanceof ServiceError) returned = answer.error;
    if (returned instanceof ServiceError) return stringify({ error: returned.error });
    const body = answer.body !== undefined ? answer.body : returned;
    // Objects of the platform do not become JSON.
    return stringify({ status: answer.status, headers: answer.headers, contentType: answer.contentType, stream: answer.stream, body });
  } catch (error) {
    return stringify(thrown(error));
  }
}
