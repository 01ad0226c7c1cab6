# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""The probes: they change nothing, name nobody, and see how each disputed switch is set."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from ansible_collections.snow_ops.spokes.plugins.module_utils._findings import Findings
from ansible_collections.snow_ops.spokes.plugins.module_utils._qualtrics.probe import CODE, KEYS, OAUTH_ERRORS
from connections import configure, install_endpoint
from support import API_TOKEN, CLIENT_ID, CLIENT_SECRET, PASSWORD, lead_to, leaks, login, run_task, writes

from sandbox import Sandbox
from sandbox.probe import Seed, seed_of
from sandbox.world import DEFAULT_SEED, SWITCHES, load_seed

CLIENT = {"api_token": API_TOKEN, "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "datacenter_id": "fra1"}
# Positions that a reading probe can tell from the others; what is missing here can only be seen by writing, which `tests/live` does, or
# concerns scripts, other logins and services that Qualtrics itself does not have.
NEEDS_WRITES = {
    *("servicenow.cicd", "servicenow.store_install"),
    *(
        "servicenow.insert_sys_id",
        "servicenow.transaction_scope",
        "servicenow.password2_plain_write",
        "servicenow.cascade_delete",
    ),
    *("servicenow.api_paths", "servicenow.connection_name", "servicenow.default_profile", "servicenow.first_token"),
    *("qualtrics.api_token_exists", "qualtrics.proxied_write"),
}
NEEDS_SCRIPTS = {
    *(
        "servicenow.builder_status",
        "servicenow.element_access",
        "servicenow.dot_walked_access",
        "servicenow.token_provider_id",
    ),
    *(
        "servicenow.last_error_message",
        "servicenow.redirect_methods",
        "servicenow.builder_access",
        "servicenow.operation_live",
        "servicenow.script_killed_after",
    ),
}
NEEDS_OTHER_LOGINS = {
    *("servicenow.basic_auth", "servicenow.mfa", "servicenow.insert_scope", "qualtrics.government"),
    *("qualtrics.registration_open", "qualtrics.registration_token_rotates"),
}
# To a login that reads, these are the same.
ALIKE = {("servicenow.scripting_governance", "forbid"): "on", ("servicenow.scripting_governance", "role_only"): "on"}
# What another switch has to be for the value to be seen.
ALSO = {"servicenow.v_plugin_rows": {}, "qualtrics.omitted_scope": {"qualtrics.token_scope_returned": True}}
SEEN = [
    (name, value)
    for name, values in SWITCHES.items()
    if name not in NEEDS_WRITES | NEEDS_SCRIPTS | NEEDS_OTHER_LOGINS
    for value in values
]


def probe(**changes: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """What both probes found."""
    instance = run_task("snow_probe", {"instance": login(**changes)})
    assert not instance.get("failed"), instance["msg"]
    organization = run_task("qualtrics_probe", {**CLIENT, "probe_wrong_client": True})
    assert not organization.get("failed"), organization["msg"]
    return instance, organization


@pytest.mark.sampled(every=3)
@pytest.mark.parametrize(("name", "value"), SEEN, ids=str)
def test_the_probe_sees_each_switch_in_each_position(sandbox: Sandbox, name: str, value: Any) -> None:
    sandbox.control.behaviour({name: value, **ALSO.get(name, {})})
    instance, organization = probe()
    found = {**instance["switches"], **organization["switches"]}
    assert found[name] == ALIKE.get((name, value), value)
    assert set(found) <= set(SWITCHES)


def test_every_switch_is_seen_or_said_not_to_be() -> None:
    named = {name for name, _value in SEEN} | NEEDS_WRITES | NEEDS_SCRIPTS | NEEDS_OTHER_LOGINS
    assert named == set(SWITCHES)
    assert len(SEEN) >= 50


def test_nothing_is_written_and_nobody_is_named(sandbox: Sandbox) -> None:
    install_endpoint(sandbox)
    configure()
    sandbox.control.clear_requests()
    instance, organization = probe()
    assert writes(sandbox) == []
    posted = [entry["path"] for entry in sandbox.control.requests() if entry["method"] != "GET"]
    assert set(posted) <= {"/api/now/v1/batch", "/oauth2/token"}
    text = json.dumps([instance, organization]).lower()
    for name in (
        "acmedev",
        "service-now.com",
        "spoke.setup",
        "acme",
        "sandbox.admin",
        "ur_sandbox",
        CLIENT_ID,
        "224240",
    ):
        assert name.lower() not in text, name
    assert leaks(json.dumps([instance, organization]), (PASSWORD, API_TOKEN, CLIENT_SECRET)) == []
    assert instance["changed"] is organization["changed"] is False


CANARY = "CANARY71"
# Every text of an instance that the probe reads and does not compare, by table and column.
TOLD = {
    "sys_alias": ("name", "id"),
    "connection_attributes": ("element", "label", "column_label", "internal_type", "mandatory", "max_length", "active"),
    "v_plugin": ("active",),
    "sys_ws_definition": ("base_uri",),
    "oauth_entity": ("type",),
}


@pytest.mark.parametrize("text", [CANARY, f"{CANARY}@bank.example"])
def test_no_text_of_the_instance_is_in_it(sandbox: Sandbox, text: str) -> None:
    install_endpoint(sandbox)
    configure()
    planted = 0
    for table, columns in TOLD.items():
        for row in sandbox.control.records("acmedev", table):
            changed = dict.fromkeys(columns, f"/api/{text}" if table == "sys_ws_definition" else text)
            sandbox.control.put("acmedev", table, row["sys_id"], changed)
            planted += len(columns)
    for row in sandbox.control.records("acmedev", "sys_properties"):
        if row["name"] in ("glide.buildname", "glide.war"):
            sandbox.control.put("acmedev", "sys_properties", row["sys_id"], {"value": text})
    for row in sandbox.control.records("acmedev", "sys_alias_templates"):
        form = row["dynamic_data_schema"].replace("Client", text).replace("x_api_token", text.lower())
        presets = row["default_data_template"].replace("manage:all", text).replace("client_credentials", text)
        changed = {"dynamic_data_schema": form, "default_data_template": presets}
        sandbox.control.put("acmedev", "sys_alias_templates", row["sys_id"], changed)
    assert planted >= 20
    instance, _organization = probe()
    assert CANARY.lower() not in json.dumps(instance).lower()
    Seed.model_validate(instance["seed"])
    points = {entry["point"]: entry["found"] for entry in instance["findings"]}
    form = "letters, digits" + (", other signs" if "@" in text else "")
    assert points["release"].endswith(f" of {len(text)} characters; {form})")
    attribute = points["attributes"][0]
    assert attribute["label"] == attribute["column_label"] == points["release"]
    assert attribute["element"].startswith("name_")
    assert "Connection Name" in [field["label"] for field in points["form"]["fields"]]


def test_of_a_text_that_is_not_known_the_form_is_told() -> None:
    findings = Findings()
    assert findings.said("userId", KEYS) == "userId"
    assert findings.said(f"{CANARY} 7@x", KEYS) == "(text 1 of 12 characters; letters, digits, blanks, other signs)"
    assert findings.named("u_x", ("name",)) == "name_2"
    for code in ("AUTH_6.0", "DCD_7", "invalid_client"):
        assert CODE.fullmatch(code) or code in OAUTH_ERRORS
    assert not CODE.fullmatch(CANARY)


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Sandbox]]:
    """Starts a sandbox of another seed, which the modules then ask."""
    with ExitStack() as stack:

        def start(seed: dict[str, Any], switches: dict[str, Any] | None = None) -> Sandbox:
            other = stack.enter_context(Sandbox(seed, switches=switches))
            lead_to(other.environment, monkeypatch)
            return other

        yield start


def points_of(result: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The findings by their points."""
    return {entry["point"]: entry for entry in result["findings"]}


def test_names_that_are_words_of_the_report_change_nothing_of_it(started: Callable[..., Sandbox]) -> None:
    seed = load_seed(DEFAULT_SEED)
    started(seed)
    plain, plain_organization = probe()
    account = {"user_name": "qualtrics", "password": PASSWORD, "roles": ["admin"]}
    seed["servicenow"]["defaults"]["users"].append(account)
    seed["servicenow"]["defaults"]["properties"]["glide.appcreator.company.code"] = "open"
    seed["qualtrics"]["brands"][0]["users"][0].update(first_name="Bearer", last_name="Name", user_name="scope")
    started(seed)
    instance, organization = probe(username="qualtrics")
    assert instance == plain
    assert organization == plain_organization
    assert instance["seed"]["spoke"]["scope"] == "sn_qualtrics_spoke"


@pytest.mark.parametrize("label", ["Acme X-API-TOKEN at acme.qualtrics.com", f"acmedev2 token {'0a' * 16}"])
def test_no_name_of_an_organization_is_shown_from_the_form(started: Callable[..., Sandbox], label: str) -> None:
    seed = load_seed(DEFAULT_SEED)
    (spoke,) = [each for each in seed["servicenow"]["defaults"]["spokes"] if each["scope"] == "sn_qualtrics_spoke"]
    spoke["fields"][2]["label"] = spoke["attributes"][0]["label"] = label
    started(seed)
    instance, organization = probe()
    text = json.dumps([instance, organization]).lower()
    for name in ("acme", "qualtrics.com", "service-now.com", "0a0a"):
        assert name not in text


@pytest.mark.usefixtures("sandbox")
def test_the_scope_of_another_application_is_not_shown_and_remains_a_scope() -> None:
    instance = run_task(
        "snow_probe", {"instance": login(), "scope": "x_acme_tickets", "preferred_alias_name": "Acme_Tickets"}
    )
    assert "acme" not in json.dumps(instance).lower()
    Seed.model_validate(instance["seed"])
    assert re.fullmatch(r"name_\d+", instance["seed"]["spoke"]["scope"])
    assert re.fullmatch(r"name_\d+", instance["seed"]["spoke"]["alias"])


def test_what_the_sandbox_needs_is_in_the_seed_even_of_an_unknown_form(started: Callable[..., Sandbox]) -> None:
    seed = load_seed(DEFAULT_SEED)
    (spoke,) = [each for each in seed["servicenow"]["defaults"]["spokes"] if each["scope"] == "sn_qualtrics_spoke"]
    spoke["alias"] = "Site"
    spoke["fields"][0]["type"] = spoke["attributes"][0]["internal_type"] = "site_type"
    spoke["oauth"]["default_grant_type"] = "site_grant"
    started(seed)
    found = run_task("snow_probe", {"instance": login(), "alias": "Site"})["seed"]
    started(seed_of({"seed": found}, load_seed(DEFAULT_SEED)))
    again = run_task("snow_probe", {"instance": login()})
    assert points_of(again)["form"]["works"] is True
    assert points_of(again)["attributes"]["found"][0]["internal_type"].startswith("(text")


def test_the_seed_has_what_was_found_of_attributes_the_company_code_and_the_version(
    started: Callable[..., Sandbox],
) -> None:
    seed = load_seed(DEFAULT_SEED)
    (spoke,) = [each for each in seed["servicenow"]["defaults"]["spokes"] if each["scope"] == "sn_qualtrics_spoke"]
    spoke["attributes"][0].update(max_length=20, mandatory=False)
    spoke["version"] = "1.3.0"
    seed["servicenow"]["defaults"]["properties"]["glide.appcreator.company.code"] = None
    started(seed)
    first, _organization = probe()
    assert points_of(first)["spoke"]["found"] == {"version": "1.3.0"}
    attribute = first["seed"]["spoke"]["attributes"][0]
    assert (attribute["max_length"], attribute["mandatory"]) == (20, False)
    started(seed_of({"seed": first["seed"]}, load_seed(DEFAULT_SEED)))
    second, _organization = probe()
    assert second == first
    assert points_of(second)["namespace"]["found"]["company_code"] is False


def test_an_account_that_may_not_read_the_company_code_does_not_make_a_seed_without_one(sandbox: Sandbox) -> None:
    for row in sandbox.control.records("acmedev", "sys_db_object"):
        if row["name"] == "sys_properties":
            sandbox.control.put("acmedev", "sys_db_object", row["sys_id"], {"ws_access": "false"})
    instance, _organization = probe()
    assert "properties" not in instance["seed"]
    assert points_of(instance)["spoke"]["found"] == {"version": "1.2.0"}
    assert points_of(instance)["release"]["why"] == "could not be read (access)"


@pytest.mark.parametrize("username", ["spoke.setup", "itil.user"])
def test_what_is_not_known_says_why(sandbox: Sandbox, username: str) -> None:
    passwords = {"spoke.setup": PASSWORD, "itil.user": "sandbox-Password-2"}
    instance = run_task("snow_probe", {"instance": login(username=username, password=passwords[username])})
    organization = run_task("qualtrics_probe", {"api_token": API_TOKEN, "datacenter_id": "fra1"})
    unknown = [entry for entry in instance["findings"] + organization["findings"] if entry["works"] is None]
    assert len(unknown) >= 4
    for entry in instance["findings"] + organization["findings"]:
        assert bool(entry.get("why")) is (entry["works"] is None), entry


@pytest.mark.usefixtures("sandbox")
@pytest.mark.parametrize("tries_wrong_client", [True, False])
def test_without_a_client_the_points_that_need_one_say_so(tries_wrong_client: bool) -> None:
    options = {"api_token": API_TOKEN, "datacenter_id": "fra1", "probe_wrong_client": tries_wrong_client}
    points = points_of(run_task("qualtrics_probe", options))
    assert points["access token"]["found"] == "not asked: no client"
    assert ("wrong client" in points) is tries_wrong_client
    if tries_wrong_client:
        assert points["wrong client"]["found"] == points["no scope asked"]["found"] == "not asked: no client"


def test_a_complete_instance_works_at_every_point(sandbox: Sandbox) -> None:
    install_endpoint(sandbox)
    configure()
    instance, organization = probe()
    points = {entry["point"]: entry for entry in instance["findings"] + organization["findings"]}
    assert {point for point, entry in points.items() if not entry["works"]} == set()
    assert points["namespace"]["found"]["namespace"] == "the company code"
    assert points["oauth_entity.type"]["found"] == ["consumer"]
    assert points["release"]["found"] == "Zurich"
    assert points["oauth_entity.comments"]["found"] >= 255


def test_a_service_account_elsewhere_and_without_the_script_role_is_told(sandbox: Sandbox) -> None:
    sandbox.control.behaviour({"servicenow.scripting_governance": "on"})
    user = next(row for row in sandbox.control.records("acmedev", "sys_user") if row["user_name"] == "spoke.setup")
    values = {"user": user["sys_id"], "name": "apps.current_app", "value": "f" * 32}
    sandbox.control.put("acmedev", "sys_user_preference", "a" * 32, values)
    instance, _organization = probe()
    points = {entry["point"]: entry for entry in instance["findings"]}
    assert points["scripting governance"]["works"] is False
    assert points["apps.current_app"]["found"] == "another application"
    assert instance["switches"]["servicenow.insert_scope"] == "preference"


def test_an_account_that_may_read_little_gets_a_report_all_the_same(sandbox: Sandbox) -> None:
    instance, _organization = probe(username="itil.user", password="sandbox-Password-2")
    points = {entry["point"]: entry for entry in instance["findings"]}
    assert len(points) == 16
    assert points["web services"]["works"] is False
    assert "rows are hidden" in points["web services"]["found"].values()


def test_a_refused_login_ends_the_task(sandbox: Sandbox) -> None:
    result = run_task("snow_probe", {"instance": login(password="sandbox-wrong-password")})
    assert result["failed"]
    assert result["error"]["kind"] == "login"
    assert len(sandbox.control.requests()) == 1
    result = run_task(
        "qualtrics_probe", {"api_token": "sandboxUnknownToken00000000000000000fake", "datacenter_id": "fra1"}
    )
    assert result["error"]["kind"] == "login"


@pytest.mark.parametrize("may_read", [True, False])
def test_an_oauth_client_alone_will_do(sandbox: Sandbox, may_read: bool) -> None:
    sandbox.control.behaviour({"qualtrics.api_token_by_bearer": may_read})
    with_token = run_task("qualtrics_probe", CLIENT)
    sandbox.control.clear_requests()
    client = {name: value for name, value in CLIENT.items() if name != "api_token"}
    result = run_task("qualtrics_probe", client)
    assert result["findings"] == with_token["findings"]
    assert result["switches"] == with_token["switches"]
    assert leaks(json.dumps(result), (API_TOKEN, CLIENT_SECRET)) == []
    assert {entry["method"] for entry in sandbox.control.requests() if entry["path"] != "/oauth2/token"} == {"GET"}


def test_an_oauth_client_alone_takes_its_datacenter_and_no_credential_is_an_error(sandbox: Sandbox) -> None:
    client = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
    for given, missing in ((client, "datacenter_id"), ({}, "api_token")):
        result = run_task("qualtrics_probe", given)
        assert result["error"]["kind"] == "input"
        assert f"{missing} is not given" in result["msg"]
    assert sandbox.control.requests() == []


def test_without_leave_nothing_wrong_is_sent_to_qualtrics(sandbox: Sandbox) -> None:
    found = run_task("qualtrics_probe", CLIENT)
    asked = [entry for entry in sandbox.control.requests() if entry["path"] == "/oauth2/token"]
    assert [entry["status"] for entry in asked] == [200]
    assert "wrong client" not in {entry["point"] for entry in found["findings"]}


def test_a_sandbox_made_from_a_probe_behaves_as_was_found(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    sandbox.control.behaviour(
        {"servicenow.batch": "closed", "servicenow.unknown_path_status": 404, "qualtrics.whoami_datacenter": "legacy"}
    )
    # The one that keeps the API token encrypted.
    instance, organization = probe(host="https://acmevault.service-now.com")
    found = {"seed": instance["seed"], "switches": {**instance["switches"], **organization["switches"]}}
    with Sandbox(seed_of(found, load_seed(DEFAULT_SEED)), switches=found["switches"]) as again:
        lead_to(again.environment, monkeypatch)
        again.control.reset()
        second, other = probe()
        assert second["findings"] == instance["findings"]
        assert other["findings"] == organization["findings"]
        assert second["seed"]["spoke"]["attributes"][0]["internal_type"] == "password2"
        assert again.control.errors() == []
