# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""Aliases, their templates, connections and credentials (servicenow-connections 1.1 to 1.4)."""

TEXT = """
table sys_alias : sys_metadata "Connection & Credential Alias"
  @read connection_admin credential_admin import_admin mid_server
  @write connection_admin
  name string(255) mandatory
  id string(255) read_only unique
  type string(40) = connection | connection: Connection and Credential | credential: Credential
  connection_type string(40) = http_connection | http_connection: HTTP | jdbc_connection: JDBC | sys_connection: Basic | orch_jms_ds: JMS
  description translated_text(4000)
  parent reference -> sys_alias
  configuration_template reference -> sys_alias_templates
  retry_policy reference -> sys_retry_policy
  multiple_connections boolean
  is_internal boolean

table sys_alias_templates : sys_metadata "Connection & Credential Template"
  @read connection_admin credential_admin flow_designer
  @write connection_admin
  name string(100) mandatory
  dynamic_data_schema json(10000) mandatory
  default_data_template json(10000) mandatory
  pre_edit_script script(8000)
  on_edit_script script(8000)
  post_process_script script(8000)
  test_action reference -> sys_hub_action_type_definition

table sys_retry_policy : sys_metadata "Retry Policy"
  @read connection_admin
  name string(100)

table sys_connection "Connection"
  @read connection_admin mid_server
  @write connection_admin
  sys_class_name sys_class_name(80) read_only
  sys_domain string(32) = global read_only
  sys_domain_path string(255) = / read_only
  name string(100) mandatory display
  active boolean = true
  connection_alias reference -> sys_alias mandatory
  credential reference -> discovery_credentials
  app_scope reference -> sys_scope = global mandatory
  extended_attributes glide_var
  host string(1000)
  port string(40)
  protocol string(40)
  order integer = 100
  use_mid boolean
  mid_selection string(40) = auto_select
  mid_server reference -> ecc_agent
  mid_cluster reference -> ecc_agent_cluster
  application reference -> ecc_agent_application
  capabilities glide_list -> ecc_agent_capability
  connection_timeout integer
  connection_retries integer = 0
  is_internal boolean

table http_connection : sys_connection "HTTP(s) Connection"
  connection_url url(1000)
  base_path string(1000)
  url_builder boolean
  mutual_auth boolean
  protocol_profile reference -> sys_protocol_profile
  mid_protocol_profile reference -> mid_protocol_profile_credentials

table discovery_credentials "Credential"
  @read credential_admin discovery_admin mid_server
  @write credential_admin
  sys_class_name sys_class_name(80) read_only
  sys_domain string(32) = global read_only
  sys_domain_path string(255) = / read_only
  name string(100) display
  active boolean = true
  type string(40) read_only
  classification string(40) read_only
  tag glide_list -> sys_alias
  user_name string(100)
  password password2(255)
  applies_to string(40) = all
  mid_list glide_list -> ecc_agent
  order integer = 100
  application reference -> sys_scope = global mandatory
  use_context boolean
  context_name string(100)
  authentication_key password2(255)
  authentication_protocol string(40)
  privacy_key password2(255)
  privacy_protocol string(40)
  ssh_passphrase password2(255)
  ssh_private_key password2(4000)

table oauth_2_0_credentials : discovery_credentials "OAuth 2.0 Credentials"
  type string(40) = oauth_2_0 read_only
  oauth_entity_profile reference -> oauth_entity_profile
  integration_type string(40) = system

table basic_auth_credentials : discovery_credentials "Basic Auth Credentials"
  type string(40) = basic_auth read_only

table api_key_credentials : discovery_credentials "API Key Credentials"
  type string(40) = api_key read_only
  api_key password2(255)
"""
