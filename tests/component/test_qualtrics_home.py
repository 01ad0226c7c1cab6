# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""Where an organization lives and which Connection URL serves it: notices, ids of former times, governments, brand hosts."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.snow_ops.spokes.plugins.module_utils._wire import session as wire
from support import API_TOKEN, CLIENT_ID, CLIENT_SECRET, leaks, run_task

from sandbox import Sandbox
from sandbox.qualtrics.cloud import Datacenter

ACME_URL = "https://acme.qualtrics.com/API/v3"
ACME_FRA1_URL = "https://acme.fra1.qualtrics.com/API/v3"
BRAND_HOST = "qualtrics.brand_host"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Less patience than a real run has."""
    monkeypatch.setattr(wire, "ATTEMPTS", 1)


def account(**options: Any) -> dict[str, Any]:
    return run_task("qualtrics_account_info", {"api_token": API_TOKEN, **options})


def prove(**options: Any) -> dict[str, Any]:
    return run_task(
        "qualtrics_oauth_client",
        {"datacenter_id": "fra1", "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, **options},
    )


def hosts(sandbox: Sandbox) -> list[str]:
    return [entry["host"] for entry in sandbox.control.requests()]


def move_acme(sandbox: Sandbox, datacenter: str) -> None:
    """Let the brand live at another datacenter."""
    cloud = sandbox.world.cloud
    cloud.brands["acme"].datacenter_id = datacenter
    cloud._datacenters[datacenter] = Datacenter(cloud, datacenter)
    cloud._brand_hosts["acme"] = Datacenter(cloud, datacenter, is_brand_host=True)


@pytest.mark.parametrize("stated", [True, False, "legacy"])
@pytest.mark.parametrize(
    "options", [{}, {"datacenter_id": "sjc1"}, {"datacenter_id": "SJC1", "organization_id": "acme"}]
)
def test_whatever_whoami_states_the_notice_or_the_host_that_was_asked_decides(
    sandbox: Sandbox, stated: bool | str, options: dict[str, str]
) -> None:
    move_acme(sandbox, "sjc1")
    sandbox.control.behaviour({"qualtrics.whoami_datacenter": stated})
    result = account(**options)
    assert (result["datacenter_id"], result["token_url"]) == ("sjc1", "https://sjc1.qualtrics.com/oauth2/token")
    assert "az1.qualtrics.com" not in hosts(sandbox)
    assert prove(datacenter_id="sjc1")["datacenter_id"] == "sjc1"


@pytest.mark.parametrize("stated", [True, "legacy"])
def test_a_stated_datacenter_is_a_hint_where_only_the_organization_is_given(
    sandbox: Sandbox, stated: bool | str
) -> None:
    move_acme(sandbox, "sjc1")
    sandbox.control.behaviour({"qualtrics.whoami_datacenter": stated})
    assert account(organization_id="acme")["datacenter_id"] == "sjc1"
    assert hosts(sandbox)[:2] == ["acme.qualtrics.com", "sjc1.qualtrics.com" if stated is True else "az1.qualtrics.com"]


def test_a_hint_is_tried_out_with_the_question_that_is_due_next(sandbox: Sandbox) -> None:
    assert account(organization_id="acme", check_connection_url=False)["datacenter_id"] == "fra1"
    asked = [(entry["host"], entry["path"]) for entry in sandbox.control.requests()]
    assert asked == [("acme.qualtrics.com", "/API/v3/whoami"), ("fra1.qualtrics.com", "/API/v3/directories")]


def test_a_hint_whose_directories_are_refused_is_asked_who_it_is(sandbox: Sandbox) -> None:
    sandbox.control.fault("status", path="/directories", status=403)
    assert account(organization_id="acme")["datacenter_id"] == "fra1"
    sandbox.control.fault("status", path="/directories", status=403, times=0)
    assert "may not use this API" in account(organization_id="acme")["msg"]


def test_the_connection_url_is_left_to_who_comes_next(sandbox: Sandbox) -> None:
    account(check_connection_url=False)
    assert hosts(sandbox) == ["iad1.qualtrics.com", "fra1.qualtrics.com"]


def test_a_hint_that_does_not_answer_is_not_taken(sandbox: Sandbox) -> None:
    move_acme(sandbox, "sjc1")
    sandbox.control.behaviour({"qualtrics.whoami_datacenter": "legacy"})
    sandbox.control.fault("refused", host="az1.qualtrics.com", times=0)
    result = account(organization_id="acme")
    assert result["error"]["kind"] == "missing"
    assert "give it as datacenter_id" in result["error"]["advice"]
    assert account(organization_id="acme", datacenter_id="sjc1")["datacenter_id"] == "sjc1"


def test_where_nothing_says_the_datacenter_it_is_asked_for(sandbox: Sandbox) -> None:
    sandbox.control.behaviour({"qualtrics.whoami_datacenter": False})
    result = account(organization_id="acme")
    assert result["error"]["kind"] == "missing"
    assert "give it as datacenter_id" in result["error"]["advice"]
    assert set(hosts(sandbox)) == {"acme.qualtrics.com"}, "the token goes to no host that nobody named"


def test_the_organization_given_as_datacenter_is_noticed(sandbox: Sandbox) -> None:
    result = account(datacenter_id="acme")
    assert result["error"]["kind"] == "mismatch"
    assert "Set datacenter_id to fra1" in result["error"]["advice"]


def test_a_token_of_an_id_of_former_times_is_told_the_present_one(sandbox: Sandbox) -> None:
    move_acme(sandbox, "sjc1")
    assert "Set datacenter_id to sjc1" in account(datacenter_id="az1")["error"]["advice"]


@pytest.mark.parametrize("options", [{}, {"organization_id": "acme"}])
@pytest.mark.parametrize("apart", ["proxied", "apart"])
def test_a_government_token_that_is_not_known_where_it_was_sent(
    sandbox: Sandbox, options: dict[str, str], apart: str
) -> None:
    move_acme(sandbox, "gov1")
    sandbox.control.behaviour({"qualtrics.government": apart})
    result = account(**options)
    if apart == "proxied" or options:
        assert result["datacenter_id"] == "gov1"
    else:
        assert result["error"]["kind"] == "login"
        assert (
            "iad1.qualtrics.com, since the task names neither datacenter_id nor organization_id"
            in result["error"]["why"]
        )
        assert result["error"]["advice"].startswith("Give datacenter_id")
    sandbox.control.clear_requests()
    assert account(datacenter_id="gov1", **options)["datacenter_id"] == "gov1"
    assert set(hosts(sandbox)) == {"gov1.qualtrics.com", "acme.qualtrics.com"}


def test_a_wrong_token_at_the_datacenter_that_was_given_is_not_explained_away(sandbox: Sandbox) -> None:
    result = account(api_token="sandboxUnknownToken", datacenter_id="fra1")
    assert "gov1" not in result["msg"]
    assert result["error"]["advice"].startswith("Copy the token")


@pytest.mark.parametrize(
    "value",
    ["acme.fra1.qualtrics.com", "https://acme.fra1.qualtrics.com/", "acme.fra1", " ACME.FRA1.qualtrics.com.:443 "],
)
@pytest.mark.parametrize("option", ["organization_id", "datacenter_id"])
def test_an_address_with_both_ids_is_understood_and_compared(sandbox: Sandbox, option: str, value: str) -> None:
    result = account(**{option: value})
    assert (result["organization_id"], result["datacenter_id"]) == ("acme", "fra1")
    assert hosts(sandbox)[0] == "fra1.qualtrics.com"
    assert prove(**{option: value})["proven"]
    other = account(**{option: "globex.fra1.qualtrics.com"})
    assert "belongs to the organization acme, not to globex" in other["msg"]


def test_addresses_that_contradict_each_other_are_refused(sandbox: Sandbox) -> None:
    result = account(organization_id="acme.iad1.qualtrics.com", datacenter_id="fra1")
    assert result["error"]["kind"] == "input"
    assert "fra1 and iad1" in result["msg"]
    assert hosts(sandbox) == []


@pytest.mark.parametrize("mode", ["serves", "proxies", "refuses_bearers"])
def test_one_call_with_the_bearer_tries_out_the_connection_url(sandbox: Sandbox, mode: str) -> None:
    sandbox.control.behaviour({BRAND_HOST: mode})
    result = prove()
    assert result["proven"]
    assert hosts(sandbox).count("acme.qualtrics.com") == 1
    if mode == "serves":
        assert result["warnings"] == []
        return
    (warning,) = result["warnings"]
    assert warning.startswith(f"The Connection URL {ACME_URL} does not answer as it should")
    assert warning.endswith(f"Set connection_url to {ACME_FRA1_URL}")
    followed = prove(connection_url=ACME_FRA1_URL)
    assert followed["warnings"] == []


@pytest.mark.parametrize("options", [{}, {"organization_id": "acme"}, {"datacenter_id": "fra1"}])
@pytest.mark.parametrize("mode", ["serves", "proxies", "refuses_bearers"])
def test_a_connection_url_that_is_proxied_is_said(sandbox: Sandbox, mode: str, options: dict[str, str]) -> None:
    sandbox.control.behaviour({BRAND_HOST: mode})
    result = account(**options)
    assert (result["connection_url"], result["datacenter_id"]) == (ACME_URL, "fra1")
    if mode == "proxies":
        (warning,) = result["warnings"]
        assert "proxies calls to the Connection URL" in warning
        assert warning.endswith(f"Set connection_url to {ACME_FRA1_URL}")
    else:
        assert result["warnings"] == []
    followed = account(connection_url="acme.fra1.qualtrics.com", **options)
    assert (followed["connection_url"], followed["warnings"]) == (ACME_FRA1_URL, [])


@pytest.mark.parametrize("task", [account, prove])
def test_a_given_connection_url_that_leads_to_another_organization_is_refused(sandbox: Sandbox, task: Any) -> None:
    sandbox.control.behaviour({BRAND_HOST: "serves"})
    original = sandbox.world.cloud._brand_hosts["globex"]

    class Elsewhere:
        def respond(self, request: Any) -> Any:
            answer = sandbox.world.cloud._brand_hosts["acme"].respond(request)
            answer.body = answer.body.replace(b'"brandId": "acme"', b'"brandId": "globex"')
            return answer

    sandbox.world.cloud._brand_hosts["globex"] = Elsewhere()
    try:
        result = task(connection_url="https://globex.qualtrics.com/API/v3")
    finally:
        sandbox.world.cloud._brand_hosts["globex"] = original
    assert result["error"]["kind"] == "mismatch"
    assert "leads to the organization globex, not to acme" in result["msg"]


@pytest.mark.parametrize("mode", ["serves", "proxies", "refuses_bearers"])
def test_a_proxy_page_at_the_connection_url_is_not_the_service(sandbox: Sandbox, mode: str) -> None:
    sandbox.control.behaviour({BRAND_HOST: mode})
    sandbox.control.fault("html", host="acme.qualtrics.com", times=0)
    for result in (account(), prove()):
        (warning,) = result["warnings"]
        assert "does not answer as it should" in warning
        assert "<html" not in warning.lower()


@pytest.mark.parametrize(
    ("options", "kind"),
    [
        ({"api_token": "sandboxUnknownToken"}, "login"),
        ({"api_token": "sandboxNoAccessToken0000000000000000fake"}, "access"),
        ({}, "none"),
    ],
)
@pytest.mark.parametrize("language", ["english", "other"])
def test_what_an_error_means_does_not_depend_on_its_words(
    sandbox: Sandbox, language: str, options: dict[str, str], kind: str
) -> None:
    sandbox.control.behaviour({"qualtrics.error_texts": language})
    assert account(**options).get("error", {"kind": "none"})["kind"] == kind
    for changes, expected in (
        ({"client_secret": "sandbox-wrong-secret"}, "login"),
        ({"scopes": ["read:nothing"]}, "access"),
    ):
        result = prove(**changes)
        assert result["error"]["kind"] == expected
        assert leaks(str(result)) == []
