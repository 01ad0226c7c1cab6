# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""Behaviours that sources disagree about, or that releases differ in; the first value is the default."""

from __future__ import annotations

SWITCHES: dict[str, tuple] = {
    # A condition that names an unknown or unreadable field: the condition goes, or the request is refused (servicenow-rest 1.3).
    "servicenow.unknown_query_field": ("drop", "forbid"),
    # A sys_id in the body of an insert (servicenow-rest 0.1 fact 11).
    "servicenow.insert_sys_id": ("honour", "ignore"),
    # Where a new application file goes: global whatever the body says, where the body says (servicenow-rest 0.1 fact 3), or into the
    # application that the login's preference apps.current_app names.
    "servicenow.insert_scope": ("demote", "honour", "preference"),
    # The undocumented parameter sysparm_transaction_scope, which names another application than the preference does.
    "servicenow.transaction_scope": ("honour", "ignore"),
    # Scripting Governance, from Zurich on: a script column of a caller without snc_required_script_writer_permission keeps its default
    # text, or the whole write is refused. Where it is off the role does not exist; where it is switched off by hand the role is left.
    "servicenow.scripting_governance": ("off", "on", "forbid", "role_only"),
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
    # Which rows v_plugin has: what is so, all of them inactive though they are not, or none that the account may read.
    "servicenow.v_plugin_rows": ("live", "stale", "none"),
    # Which columns hold the label of a connection attribute: both, the dictionary's, or that of var_dictionary, which extends it.
    "servicenow.attribute_label": ("both", "column_label", "label"),
    # IDs and paths of Scripted REST APIs: kept as given, or in lower case (IDs), with underscores and without the last slash.
    "servicenow.api_paths": ("as_given", "normalised"),
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
    # Whether GlideElement.canRead and canWrite ask for the record as well, or for the field's own rules alone: not documented.
    "servicenow.element_access": ("record_and_field", "field_only"),
    # Whether a dot-walked element asks for the record behind the reference: not documented.
    "servicenow.dot_walked_access": ("asked", "not_asked"),
    # Whether a token request has to name its registry as well as the profile; the platform's own caller does.
    "servicenow.token_provider_id": ("optional", "needed"),
    # GlideRecord.getLastErrorMessage is documented for scoped scripts.
    "servicenow.last_error_message": ("everywhere", "scoped"),
    # RESTMessageV2 follows redirects unless told not to, which releases before Yokohama have no method for.
    "servicenow.redirect_methods": ("present", "absent"),
    # Whether ConnectionBuilder, told to check access, lets an administrator through.
    "servicenow.builder_access": ("by_rights", "refused"),
    # After how many writes the platform ends the script of a Scripted REST API (0: never), as a transaction that takes too long.
    "servicenow.script_killed_after": tuple(range(13)),
    # When a new operation of a Scripted REST API answers.
    "servicenow.operation_live": ("at_once", "late"),
    # The CI/CD API: its functionality can be switched off by a property (servicenow-rest 7).
    "servicenow.cicd": ("active", "inactive"),
    # What becomes of an installation: it ends, stays Pending for ever, fails, or is refused for want of an entitlement (servicenow-connections 7).
    "servicenow.store_install": ("succeeds", "pending", "fails", "not_entitled"),
    # The X-Total-Count header of a list (servicenow-rest 1.1, 9.1).
    "servicenow.total_count": ("sent", "absent"),
    # The Batch API: open, closed to the account, or leaving out every second item (servicenow-rest 2).
    "servicenow.batch": ("open", "closed", "unserviced"),
}
