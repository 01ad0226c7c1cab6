# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""Tables of the platform itself: application files, packages, dictionary, users, properties, plugins."""

TEXT = """
table sys_metadata "Application File"
  @read admin
  sys_class_name sys_class_name(80) read_only
  sys_name string(255) read_only display
  sys_scope reference -> sys_scope = global
  sys_package reference -> sys_package = global
  sys_policy string(40)
  sys_update_name string(250) read_only

table sys_package "Package"
  @closed
  @read snc_internal
  @write nobody
  sys_class_name sys_class_name(80) read_only
  name string(100) display
  source string(100)
  version string(40)
  active boolean = true
  licensable boolean
  trackable boolean
  install_date glide_date_time

table sys_scope : sys_package "Application"
  @open
  scope string(18) unique
  short_description string(4000)
  vendor string(100)
  vendor_prefix string(40)
  private boolean
  template string(40)
  restrict_table_access boolean
  scoped_administration boolean

table sys_app : sys_scope "Custom Application"
  @write admin
  @read snc_internal data_mgmt_tools_admin

table sys_store_app : sys_scope "Store Application"
  @closed
  @write nobody
  latest_version string(40)
  assigned_version string(40)
  update_available boolean
  dependencies string(4000)
  hide_on_ui boolean
  is_store_app boolean = true
  auto_update boolean

table sys_plugins : sys_package "System Plugin"
  @closed
  @read upgrade_admin business_calendar_admin
  state string(40)

table sys_remote_app "Remote Application"
  @read admin
  @write nobody
  name string(100) display
  scope string(18)
  version string(40)
  latest_version string(40)
  source_app_id string(32)
  vendor string(100)
  active boolean = true
  install_date glide_date_time

table v_plugin "System Plugin"
  @read upgrade_admin usage_admin sn_help_setup_admin
  @write nobody
  id string(255)
  name string(255) display
  active string(40)
  state string(40)
  version string(40)
  entitled boolean = true
  licensable boolean
  description string(4000)
  scope string(40)

table sys_db_object : sys_metadata "Table"
  @read personalize_dictionary personalize_read_dictionary delegated_developer
  name string(80) unique
  label string(80) display
  super_class reference -> sys_db_object
  is_extendable boolean
  ws_access boolean = true
  read_access boolean = true
  create_access boolean
  update_access boolean
  delete_access boolean

table sys_dictionary : sys_metadata "Dictionary Entry"
  @read personalize_dictionary personalize_read_dictionary delegated_developer
  name string(80)
  element string(80)
  column_label string(80) display
  internal_type string(40) = string
  max_length integer
  reference string(80)
  default_value string(512)
  mandatory boolean
  read_only boolean
  display boolean
  unique boolean
  active boolean = true
  attributes string(1000)
  order integer
  comments string(4000)
  choice integer

table var_dictionary : sys_dictionary "Variable"
  label string(80)
  hint string(300)
  help string(4000)
  model_id string(32)
  model_table string(80)

table connection_attributes : var_dictionary "Connection Attribute"
  model reference -> sys_alias mandatory

table sys_choice "Choice"
  @read snc_internal
  @write admin personalize_choices
  name string(80)
  element string(80)
  value string(255)
  label string(100) display
  language string(3) = en
  sequence integer
  inactive boolean

table sys_security_acl : sys_metadata "Access Control"
  @write nobody
  name string(255) display
  type string(40) = record
  operation string(40)
  decision_type string(40) = allow
  active boolean = true
  admin_overrides boolean
  condition conditions(4000)
  description string(4000)

table sys_script : sys_metadata "Business Rule"
  name string(80) display
  collection string(80)
  when string(40) = before
  order integer = 100
  active boolean = true
  action_insert boolean
  action_update boolean
  action_delete boolean
  abort_action boolean
  add_message boolean
  message string(4000)
  filter_condition conditions(4000)
  script script(8000)

table sys_properties : sys_metadata "System Property"
  @read snc_internal
  @write admin maint
  name string(100) mandatory unique
  value string(4000)
  type string(40) = string
  description string(512)
  choices string(1000)
  ignore_cache boolean
  is_private boolean
  read_roles string(255)
  write_roles string(255)
  suffix string(100)

table sys_user "User"
  @read snc_internal
  @write admin user_admin
  user_name string(40) unique
  first_name string(50)
  last_name string(50)
  name string(151) read_only display
  email string(100)
  title string(60)
  phone string(40)
  mobile_phone string(40)
  manager reference -> sys_user
  user_password password(40)
  password_needs_reset boolean
  locked_out boolean
  failed_attempts integer
  web_service_access_only boolean
  internal_integration_user boolean
  enable_multifactor_authn boolean
  time_zone string(40)
  active boolean = true

table sys_user_preference "User Preference"
  @read snc_internal
  @write admin
  user reference -> sys_user
  name string(100) display
  value string(4000)
  type string(40) = string
  description string(4000)

table sys_user_role : sys_metadata "Role"
  @read snc_internal
  name string(100) unique
  description string(1000)
  suffix string(100)
  elevated_privilege boolean
  grantable boolean = true

table sys_user_has_role "User Role"
  @read snc_internal
  @write admin user_admin
  user reference -> sys_user display
  role reference -> sys_user_role
  granted_by reference -> sys_user_group
  inherited boolean
  state string(40) = active
  included_in_role reference -> sys_user_role

table sys_user_group "Group"
  @read snc_internal
  @write admin user_admin
  name string(80) display
  description string(1000)
  manager reference -> sys_user
  email string(100)
  active boolean = true

table sys_variable_value "Value"
  @read connection_admin
  document string(80)
  document_key string(32)
  variable reference -> var_dictionary
  value string(8000)
  order integer
"""
