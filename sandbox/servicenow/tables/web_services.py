# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""Scripted REST APIs and their operations (servicenow-connections 3.3)."""

TEXT = """
table sys_ws_definition : sys_metadata "Scripted REST Service"
  @read web_service_admin
  @write web_service_admin
  name string(100) mandatory
  service_id string(100) mandatory
  namespace string(40) read_only
  base_uri string(255) read_only
  active boolean = true
  short_description string(255)
  doc_link url(1024)
  consumes string(255) = application/json
  consumes_customized boolean
  produces string(255) = application/json
  produces_customized boolean
  enforce_acl glide_list -> sys_security_acl = cf9d01d3e73003009d6247e603f6a990
  is_versioned boolean

table sys_ws_operation : sys_metadata "Scripted REST Resource"
  @read web_service_admin
  @write web_service_admin
  name string(100) mandatory
  web_service_definition reference -> sys_ws_definition mandatory
  web_service_version reference -> sys_ws_version
  http_method string(40) = GET | GET: GET | POST: POST | PUT: PUT | PATCH: PATCH | DELETE: DELETE
  relative_path string(255) = /
  operation_uri string(255) read_only
  operation_script script(65000)
  active boolean = true
  requires_authentication boolean = true
  requires_acl_authorization boolean = true
  requires_snc_internal_role boolean = true
  enforce_acl glide_list -> sys_security_acl = cf9d01d3e73003009d6247e603f6a990
  short_description string(255)
  default_operation_uri string(255) read_only
  consumes string(255) = application/json,application/xml,text/xml
  consumes_customized boolean
  produces string(255) = application/json,application/xml,text/xml
  produces_customized boolean
"""
