// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: snow_ops contributors
// Connections and OAuth tokens (servicenow-connections 2.1, 3.3, 4).

class ConnectionBuilder {
  constructor() { defineProperty(this, "settings", { value: { checkACL: true } }); }
  setCheckACL(checkACL) { this.settings.checkACL = Boolean(checkACL); }
  createCCWithDynamicInputs(aliasID, jsonDynamicData) {
    const outcome = host("create_connection", text(aliasID), text(jsonDynamicData), this.settings.checkACL);
    return { getStatus: () => outcome.status, getID: () => outcome.id, getMessage: () => outcome.message };
  }
}

class ConnectionInfo {
  constructor(info) { defineProperty(this, "info", { value: info }); }
  getAttribute(name) { const value = this.info.connection[text(name)]; return value === undefined ? null : value; }
  getDataMap() { return this.info.connection; }
  getCredentialAttribute(name) { const value = this.info.credential[text(name)]; return value === undefined ? null : value; }
  getExtendedAttributes() { return this.info.attributes; }
}
class ConnectionInfoProvider {
  getConnectionInfo(aliasID) {
    const info = host("connection_info", text(aliasID));
    return info === null ? null : new ConnectionInfo(info);
  }
}
define("sn_cc", { ConnectionBuilder, ConnectionInfoProvider });

class GlideOAuthClientRequest {
  constructor() { defineProperty(this, "parameters", { value: {} }); }
  setParameter(name, value) { this.parameters[text(name)] = text(value); }
  getParameter(name) { const value = this.parameters[text(name)]; return value === undefined ? null : value; }
  setGrantType(value) { this.setParameter("grant_type", value); }
  getGrantType() { return this.getParameter("grant_type"); }
  setScope(value) { this.setParameter("scope", value); }
  getScope() { return this.getParameter("scope"); }
}

class GlideOAuthToken {
  constructor(token) { defineProperty(this, "token", { value: token }); }
  getAccessToken() { return this.token.access_token; }
  getAccessTokenSysID() { return this.token.sys_id; }
  getExpiresIn() { return this.token.expires_in; }
  getScope() { return this.token.scope; }
  getRefreshToken() { return null; }
}
class GlideOAuthClientResponse {
  constructor(outcome) { defineProperty(this, "outcome", { value: outcome }); }
  getResponseCode() { return this.outcome.status; }
  getBody() { return this.outcome.body; }
  getContentType() { return this.outcome.content_type; }
  getErrorMessage() { return this.outcome.error; }
  getToken() { return this.outcome.token === null ? null : new GlideOAuthToken(this.outcome.token); }
}
class GlideOAuthClient {
  requestTokenByRequest(clientName, request) {
    return new GlideOAuthClientResponse(host("request_token", text(clientName), request.parameters));
  }
  requestToken(clientName, json) {
    return new GlideOAuthClientResponse(host("request_token", text(clientName), json ? parse(text(json)) : {}));
  }
  getToken(requestor, profile) {
    const token = host("stored_token", text(requestor), text(profile));
    return token === null ? null : new GlideOAuthToken(token);
  }
}
define("sn_auth", { GlideOAuthClient, GlideOAuthClientRequest });
define("GlideOAuthClient", GlideOAuthClient);
define("GlideOAuthClientRequest", GlideOAuthClientRequest);
