// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: snow_ops contributors
// What the spoke's action of this name comes to: a GET through the alias's connection, with its token and its X-API-TOKEN.
(function process(request, response) {
    var info = new sn_cc.ConnectionInfoProvider().getConnectionInfo(request.body.data.alias);
    var message = new sn_ws.RESTMessageV2(), answer;
    if (!info) {
        response.setBody({ http_status: 0, error: 'The alias has no active connection' });
        return;
    }
    message.setHttpMethod('get');
    message.setEndpoint(info.getAttribute('connection_url') + '/directories');
    message.setRequestHeader('X-API-TOKEN', info.getExtendedAttributes()['x_api_token']);
    message.setAuthenticationProfile('oauth2', info.getCredentialAttribute('oauth_entity_profile'));
    message.setRequestorProfile('oauth_2_0_credentials', info.getCredentialAttribute('sys_id'));
    try {
        answer = message.execute();
        response.setBody({ http_status: answer.getStatusCode(), error: answer.getErrorMessage(), answer: JSON.parse(answer.getBody() || '{}') });
    } catch (error) {
        response.setBody({ http_status: 0, error: '' + error.message });
    }
}(request, response));
