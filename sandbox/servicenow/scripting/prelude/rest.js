// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: snow_ops contributors
// The request and the response of a scripted REST API, its errors, and outbound REST.

class ServiceError {
  constructor(message, status, detail) {
    defineProperty(this, "error", { value: { message: text(message), status: status || 500, detail: text(detail) } });
  }
  setStatus(status) { this.error.status = Number(status); return this; }
  setMessage(message) { this.error.message = text(message); return this; }
  setDetail(detail) { this.error.detail = text(detail); return this; }
  toString() { return this.error.message; }
}
const errorClass = (status) => class extends ServiceError {
  constructor(message) { super(message, status); }
};
// Those that the documentation shows; a 403 is a ServiceError with that status.
define("sn_ws_err", {
  ServiceError: class extends ServiceError { constructor() { super(""); } },
  BadRequestError: errorClass(400),
  NotFoundError: errorClass(404),
  NotAcceptableError: errorClass(406),
  ConflictError: errorClass(409),
  UnsupportedMediaTypeError: errorClass(415),
});

function scriptedRequest(given) {
  return {
    body: {
      dataString: given.body,
      get data() {
        try {
          return given.body ? parse(given.body) : null;
        } catch (error) {
          throw new ServiceError("Exception while reading request", 400, "The payload is not valid JSON.");
        }
      },
    },
    queryParams: given.query,
    pathParams: given.path,
    headers: given.headers,
    queryString: given.queryString,
    uri: given.uri,
    url: given.url,
    getHeader: (name) => { const value = given.headers[text(name).toLowerCase()]; return value === undefined ? null : value; },
    getSupportedResponseContentType: () => "application/json",
  };
}

// What the script said so far; `limits.js` makes the answer of it.
const answer = { status: 200, headers: {}, contentType: null, body: undefined, error: null, stream: null };
const scriptedResponse = {
  setStatus: (status) => { answer.status = Number(status); },
  setBody: (body) => { answer.body = body; },
  setHeader: (name, value) => { answer.headers[text(name)] = text(value); },
  setHeaders: (headers) => { for (const name of keys(headers)) answer.headers[name] = text(headers[name]); },
  setContentType: (contentType) => { answer.contentType = text(contentType); },
  setLocation: (location) => { answer.headers.Location = text(location); },
  setError: (error) => { answer.error = error; },
  getStreamWriter: () => ({ writeString: (part) => { answer.stream = text(answer.stream) + text(part); } }),
};

class RESTResponseV2 {
  constructor(outcome) { defineProperty(this, "outcome", { value: outcome }); }
  getStatusCode() { return this.outcome.status; }
  getBody() { return this.outcome.body; }
  getHeader(name) { const value = this.outcome.headers[text(name).toLowerCase()]; return value === undefined ? null : value; }
  getHeaders() { return this.outcome.headers; }
  haveError() { return this.outcome.error !== ""; }
  getErrorCode() { return this.outcome.error === "" ? 0 : 1; }
  getErrorMessage() { return this.outcome.error; }
}

class RESTMessageV2 {
  constructor(name) {
    if (name !== undefined) throw new Error("REST message records are not part of the sandbox");
    defineProperty(this, "message", { value: { method: "get", endpoint: "", headers: {}, query: [], body: "", profile: "", requestor: ["", ""], followsRedirects: true } });
    if (host("switch", "redirect_methods") === "absent") {
      defineProperty(this, "setFollowRedirect", { value: undefined });
      defineProperty(this, "setAllowedRedirectURIs", { value: undefined });
    }
  }
  setEndpoint(endpoint) { this.message.endpoint = text(endpoint); }
  getEndpoint() { return this.message.endpoint; }
  setHttpMethod(method) { this.message.method = text(method); }
  setRequestHeader(name, value) { this.message.headers[text(name)] = text(value); }
  setQueryParameter(name, value) { this.message.query.push([text(name), text(value)]); }
  setRequestBody(body) { this.message.body = text(body); }
  setBasicAuth(name, password) { this.message.headers.Authorization = "Basic " + base64Encode(text(name) + ":" + text(password)); }
  setAuthenticationProfile(type, profile) {
    if (text(type) !== "oauth2") throw new Error("The sandbox knows the authentication type oauth2 only");
    this.message.profile = text(profile);
  }
  setRequestorProfile(context, id) { this.message.requestor = [text(context), text(id)]; }
  setFollowRedirect(follows) { this.message.followsRedirects = Boolean(follows); }
  setAllowedRedirectURIs(addresses) { this.message.followsRedirects = this.message.followsRedirects && addresses.length > 0; }
  setHttpTimeout() {}
  execute() { return new RESTResponseV2(host("rest_message", this.message)); }
}
define("sn_ws", { RESTMessageV2 });
define("RESTMessageV2", RESTMessageV2);
