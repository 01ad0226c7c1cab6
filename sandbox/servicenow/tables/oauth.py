# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""Application registries, profiles, scopes and tokens (servicenow-connections 1.5 to 1.8)."""

TEXT = """
table oauth_entity : sys_metadata "Application Registry"
  @read oauth_admin external_app_install_admin
  @write oauth_admin external_app_install_admin
  name string(100) unique
  type string(40) = client | client: OAuth Client | oauth_provider: OAuth Provider
  client_id string(100)
  client_secret password2(255)
  client_type string(40)
  client_uuid string(32)
  default_grant_type string(100) = authorization_code
  inbound_grant_type string(100)
  auth_url url(1024)
  token_url url(1024)
  refresh_token_url url(1024)
  revoke_token_url url(1024)
  redirect_url url(1024)
  login_url url(1024)
  logo_url url(1024)
  certificate_url url(1024)
  access_token_lifespan integer = 1800
  refresh_token_lifespan integer = 8640000
  auth_code_lifespan integer = 300
  id_token_lifespan integer = 86400
  message_signature_lifespan integer = 300
  extend_refresh_token_expiry boolean
  send_client_credentials_as string(40) = request_body_parameter
  use_mutual_auth boolean
  protocol_name reference -> sys_protocol_profile
  public_client boolean
  code_challenge_method string(40)
  mobile_client boolean
  skip_authorize boolean
  restricted_binding boolean
  salt string(100)
  jwt_provider reference -> jwt_provider
  oauth_api_script reference -> sys_script_include
  user reference -> sys_user
  access string(40)
  active boolean = true
  comments string(4000)

table oauth_entity_profile : sys_metadata "OAuth Entity Profile"
  @read oauth_admin external_app_install_admin
  @write oauth_admin external_app_install_admin
  name string(100)
  oauth_entity reference -> oauth_entity
  grant_type string(100)
  default boolean
  jwt_provider reference -> jwt_provider
  saml2_assertion_producer reference -> sys_script_include

table oauth_entity_scope : sys_metadata "OAuth Entity Scope"
  @read oauth_admin external_app_install_admin
  @write oauth_admin external_app_install_admin
  name string(100)
  oauth_entity_scope string(255)
  oauth_entity reference -> oauth_entity
  in_default_profile boolean read_only

table oauth_entity_profile_scope : sys_metadata "OAuth Entity Profile Scope"
  @read oauth_admin external_app_install_admin
  @write oauth_admin external_app_install_admin
  oauth_entity_profile reference -> oauth_entity_profile
  oauth_entity_scope reference -> oauth_entity_scope

table oauth_requestor_profile "OAuth Requestor Profile"
  @read oauth_admin snc_internal
  @write admin
  requestor_id string(32)
  requestor_context string(80)
  oauth_entity_profile reference -> oauth_entity_profile
  personal boolean

table oauth_credential "OAuth Credential"
  @read oauth_admin snc_internal
  @write admin
  type string(40)
  expires glide_date_time
  peer reference -> oauth_entity
  oauth_requestor_profile reference -> oauth_requestor_profile
  requestor_id string(32)
  user reference -> sys_user
  grant_type string(100)
  scopes string(4000)
  token string(4000)
  token_issued glide_date_time
  token_received password2(4000)
  token_hash string(100) read_only
  last_access glide_date_time
  session_user string(100)
  login_method string(40)
  code_challenge string(255)
  code_challenge_method string(40)
"""
