// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: snow_ops contributors
// gs, and the helpers for texts, times, digests and secrets.

function logger(level) {
  return (message, ...values) => {
    host("log", level, text(message).replace(/\{(\d+)\}/g, (whole, n) => (n < values.length ? text(values[n]) : whole)));
  };
}

const nil = (value) => text(value).trim() === "";
const base64Encode = (value) => host("base64_encode", text(value));
const base64Decode = (value) => host("base64_decode", text(value));
const hasRole = (role) => host("has_role", Array.isArray(role) ? role.join(",") : text(role));

define("gs", {
  info: logger("info"),
  print: logger("info"),
  log: (message) => host("log", "info", text(message)),
  warn: logger("warn"),
  logWarning: (message) => host("log", "warn", text(message)),
  error: logger("error"),
  logError: (message) => host("log", "error", text(message)),
  debug: logger("debug"),
  addErrorMessage: () => {},
  addInfoMessage: () => {},
  hasRole,
  getUserID: () => host("user").id,
  getUserName: () => host("user").name,
  getUserDisplayName: () => host("user").display,
  getUser: () => ({
    getID: () => host("user").id,
    getName: () => host("user").name,
    getDisplayName: () => host("user").display,
    hasRole,
  }),
  getProperty: (name, otherwise) => {
    const value = host("property", text(name));
    return value !== null ? value : otherwise === undefined ? null : otherwise;
  },
  getSession: () => ({ isInteractive: () => false, isLoggedIn: () => true }),
  getCurrentScopeName: () => "rhino.global",
  nil,
  tableExists: (name) => host("table", text(name)) !== null,
  generateGUID: () => host("guid"),
  nowDateTime: () => new GlideDateTime().getDisplayValue(),
  base64Encode,
  base64Decode,
});

define("GlideStringUtil", {
  base64Encode,
  base64Decode,
  isEligibleSysID: (value) => /^[0-9a-f]{32}$/.test(text(value)),
  nil,
  notNil: (value) => !nil(value),
});

class GlideEncrypter {
  encrypt(value) { return host("encrypt", text(value)); }
  decrypt(value) { return host("decrypt", text(value)); }
}
define("GlideEncrypter", GlideEncrypter);

// The key is base64, and so is the answer (docs of GlideCertificateEncryption.generateMac).
const generateMac = (key, algorithm, data) => host("mac", text(key), text(algorithm), text(data));
class GlideCertificateEncryption {
  generateMac(key, algorithm, data) { return generateMac(key, algorithm, data); }
}
define("GlideCertificateEncryption", GlideCertificateEncryption);
// The scoped name of the same; its typings declare the method as static, its documentation calls it on an object.
class CertificateEncryption extends GlideCertificateEncryption {
  static generateMac(key, algorithm, data) { return generateMac(key, algorithm, data); }
}
define("CertificateEncryption", CertificateEncryption);

class GlideDigest {
  getSHA256Hex(value) { return host("digest", "sha256", "hex", text(value)); }
  getSHA256Base64(value) { return host("digest", "sha256", "base64", text(value)); }
  getSHA1Hex(value) { return host("digest", "sha1", "hex", text(value)); }
  getSHA1Base64(value) { return host("digest", "sha1", "base64", text(value)); }
  getMD5Hex(value) { return host("digest", "md5", "hex", text(value)); }
  getMD5Base64(value) { return host("digest", "md5", "base64", text(value)); }
}
define("GlideDigest", GlideDigest);

// Values are UTC, display values the session's time, as in the records.
class GlideDateTime {
  constructor(value) { this.setMilliseconds(host("milliseconds", value === undefined ? null : text(value))); }
  setMilliseconds(milliseconds) { defineProperty(this, "milliseconds", { value: milliseconds, configurable: true }); }
  setValue(value) { this.setMilliseconds(host("milliseconds", text(value))); }
  getValue() { return host("timestamp", this.milliseconds, false); }
  getDisplayValue() { return host("timestamp", this.milliseconds, true); }
  getNumericValue() { return this.milliseconds; }
  isValid() { return this.milliseconds !== null; }
  addSeconds(seconds) { this.setMilliseconds(this.milliseconds + 1000 * seconds); }
  before(other) { return this.milliseconds < other.milliseconds; }
  after(other) { return this.milliseconds > other.milliseconds; }
  compareTo(other) { return this.before(other) ? -1 : this.after(other) ? 1 : 0; }
  toString() { return this.getValue(); }
}
define("GlideDateTime", GlideDateTime);
