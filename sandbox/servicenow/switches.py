# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""Behaviours that sources disagree about, or that releases differ in; the first value is the default."""
from __future__ import annotations

SWITCHES: dict[str, tuple] = {
    # A condition that names an unknown or unreadable field: the condition goes, or the request is refused (servicenow-rest 1.3).
    "servicenow.unknown_query_field": ("drop", "forbid"),
    # A sys_id in the body of an insert (servicenow-rest 0.1 fact 11).
    "servicenow.insert_sys_id": ("honour", "ignore"),
    # A sys_scope in the body of an insert: global all the same, or as asked (servicenow-rest 0.1 fact 3).
    "servicenow.insert_scope": ("demote", "honour"),
    # A password2 column written as an actual value: unusable, in clear, or encrypted after all (servicenow-connections 5).
    "servicenow.password2_plain_write": ("mangled", "clear", "encrypted"),
    # Deleting a registry or a connection: with what belongs to it, or without (servicenow-connections 1.6, 2.1).
    "servicenow.cascade_delete": ("cascade", "keep"),
    # The message of a 401: up to Yokohama, from Zurich on (servicenow-rest 1.4).
    "servicenow.unauthorized_wording": ("old", "new"),
    # The detail of an error: a text or null (servicenow-rest 1.4).
    "servicenow.error_detail": ("text", "null"),
    # An API path that does not exist (servicenow-rest 1.4).
    "servicenow.unknown_path_status": (400, 404),
    # How v_plugin.active says yes (servicenow-connections 7).
    "servicenow.v_plugin_active": ("active", "true"),
    # Basic authentication of interactive users (servicenow-rest 3.1).
    "servicenow.basic_auth": ("allowed", "restricted"),
    # Multi-factor authentication of Basic logins (servicenow-rest 3.2).
    "servicenow.mfa": ("not_required", "required"),
    # Whether two connections can have one name: the documentation and recall differ (servicenow-connections 1.3, servicenow-rest 5).
    "servicenow.connection_name": ("unique", "not_unique"),
    # When the default profile of a new registry is there (servicenow-connections 1.6).
    "servicenow.default_profile": ("at_once", "late"),
    # Whether a script's outbound call gets the first token by itself: not proven (servicenow-connections 4).
    "servicenow.first_token": ("by_click", "by_itself"),
    # How ConnectionBuilderResponse.getStatus says yes and no: it is a text, the words are not public (servicenow-connections 3.3).
    "servicenow.builder_status": ("success", "true"),
    # How many characters of an application registry's comments an instance keeps: in no source. The dictionary says what its record says.
    "servicenow.comments_length": (4000, 255, 100, 40),
    # The X-Total-Count header of a list (servicenow-rest 1.1, 9.1).
    "servicenow.total_count": ("sent", "absent"),
    # The Batch API: open, closed to the account, or leaving out every second item (servicenow-rest 2).
    "servicenow.batch": ("open", "closed", "unserviced"),
}
