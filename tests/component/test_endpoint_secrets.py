# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""Secrets are compared on the instance: the caller proves what it holds, the instance says same, different or not set, and nothing else."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any
from urllib.parse import quote

import pytest
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.endpoint.proofs import (
    MOST_ATTRIBUTES,
    Held,
    Proofs,
)
from connections import attempt, call, configure, install_endpoint, one, own_records, session_to
from endpoint_calls import NONCE, USER, compared, make_connection_admin, proof, proofs, state, tables
from support import API_TOKEN, CLIENT_SECRET, OTHER_SECRET, leaks, qualtrics_connection

from sandbox import Sandbox

MIX = ("credential_admin", "oauth_admin", "personalize_read_dictionary")
WORDS = {"same", "different", "not set"}
SECRET_COLUMNS = {
    "oauth_entity": "client_secret",
    "connection_attributes": "default_value",
    "sys_variable_value": "value",
}


@pytest.mark.parametrize("stored", ["same", "different", "not set"])
def test_the_instance_answers_one_of_three_words(sandbox: Sandbox, stored: str) -> None:
    path = install_endpoint(sandbox)
    configure()
    if stored == "not set":
        sandbox.control.put("acmedev", "oauth_entity", one(sandbox, "oauth_entity")["sys_id"], {"client_secret": ""})
        sandbox.control.put(
            "acmedev", "sys_variable_value", one(sandbox, "sys_variable_value")["sys_id"], {"value": ""}
        )
    before = len(compared(sandbox))
    held = proofs() if stored != "different" else proofs(OTHER_SECRET, "sandbox-other-fake")
    found = tables(state(sandbox, path, proofs=held))
    assert found["oauth_entity"][0]["client_secret"] == stored
    assert found["sys_variable_value"][0]["value"] == stored
    assert len(compared(sandbox)) - before == (0 if stored == "not set" else 2)


@pytest.mark.parametrize("operation", ["state", "update", "token"])
def test_nothing_to_guess_by_leaves_the_instance(sandbox: Sandbox, operation: str) -> None:
    path = install_endpoint(sandbox)
    configure(get_token=True)
    document = {
        "nonce": NONCE,
        "scope": "sn_qualtrics_spoke",
        "registry_name": "Qualtrics OAuth",
        "connection_sys_id": one(sandbox, "http_connection")["sys_id"],
        "proofs": proofs(OTHER_SECRET, "sandbox-other-fake"),
    }
    answer = call(sandbox, f"{path}/{operation}", document)
    found = tables(answer)
    for table, column in SECRET_COLUMNS.items():
        assert found[table]
        assert {row[column] for row in found[table]} <= WORDS
    for secret in (CLIENT_SECRET, API_TOKEN):
        data = quote(secret, safe="-_.!~*'()").encode()
        for key in (NONCE.encode(), bytes.fromhex(NONCE), b""):
            digest = hmac.new(key, data, hashlib.sha256).digest()
            assert digest.hex() not in answer.text
            assert base64.b64encode(digest).decode() not in answer.text
        assert hashlib.sha256(secret.encode()).hexdigest() not in answer.text
    assert one(sandbox, "oauth_entity")["client_secret"] not in answer.text
    assert leaks(answer.text) == []


def test_an_inbound_clients_secret_is_never_compared(sandbox: Sandbox) -> None:
    path = install_endpoint(sandbox)
    make_connection_admin(sandbox, *MIX)
    (inbound,) = [row for row in sandbox.control.records("acmedev", "oauth_entity") if row["name"] == "api.client"]
    with session_to(sandbox) as session:
        address = f"https://acmedev.service-now.com/api/now/table/oauth_entity/{inbound['sys_id']}?sysparm_input_display_value=true"
        session.patch(address, json={"client_secret": "Winter2026-sandbox!"}, timeout=30).raise_for_status()
    told = set()
    for guess in ("Winter2026-sandbox!", "Summer2026-sandbox!"):
        for subject in ({"scope": "nothing.here"}, {"alias": "nothing.here"}, {"scope": "global"}):
            answer = call(
                sandbox,
                f"{path}/state",
                {"nonce": NONCE, **subject, "registry_name": "api.client", "proofs": proofs(guess)},
                USER,
            )
            told |= {row["client_secret"] for row in tables(answer)["oauth_entity"] if row["name"] == "api.client"}
    assert told == {"different"}
    assert compared(sandbox) == []


def test_the_registry_of_another_alias_is_not_compared(sandbox: Sandbox) -> None:
    path = install_endpoint(sandbox)
    configure()
    before = compared(sandbox)
    document = {
        "nonce": NONCE,
        "alias": "x_acme_tickets.Acme_Tickets",
        "connection_name": "Qualtrics",
        "proofs": proofs(),
    }
    answer = call(sandbox, f"{path}/state", document)
    (registry,) = tables(answer)["oauth_entity"]
    assert registry["client_secret"] == "different"
    (value,) = tables(answer)["sys_variable_value"]
    assert value["value"] == "different"
    assert compared(sandbox) == before


def test_one_that_is_about_to_join_is_compared(sandbox: Sandbox) -> None:
    install_endpoint(sandbox)
    configure()
    for table in ("http_connection", "oauth_2_0_credentials"):
        sandbox.control.delete("acmedev", table, one(sandbox, table)["sys_id"])
    result = configure(check_mode=True)
    (registry,) = [step for step in result["records"] if step["role"] == "registry"]
    assert registry["action"] == "none"
    assert any(
        line.startswith("Spoke Connection Setup: compare oauth_entity.client_secret (same)")
        for line in compared(sandbox)
    )


def test_guesses_are_online_and_leave_a_line_each(sandbox: Sandbox) -> None:
    path = install_endpoint(sandbox)
    configure()
    before = len(compared(sandbox))
    for guess in range(5):
        state(sandbox, path, proofs=proofs(f"sandbox-guess-{guess}-fake"))
    lines = [line for line in compared(sandbox)[before:] if "client_secret (different)" in line]
    assert len(lines) == 5
    too_many = {"client_secret": "", "attributes": [proof(str(number)) for number in range(MOST_ATTRIBUTES + 1)]}
    assert state(sandbox, path, proofs=too_many).status_code == 400


def test_a_call_takes_no_more_guesses_than_there_are_attributes_and_each_leaves_a_line(sandbox: Sandbox) -> None:
    path = install_endpoint(sandbox)
    configure()
    count = len(tables(state(sandbox, path))["connection_attributes"])
    for guesses in (count, count + 1, MOST_ATTRIBUTES):
        before = len(compared(sandbox))
        held = {"attributes": [proof(str(number)) for number in range(guesses - 1)] + [proof(API_TOKEN)]}
        (value,) = tables(state(sandbox, path, proofs=held))["sys_variable_value"]
        lines = [line for line in compared(sandbox)[before:] if "sys_variable_value.value" in line]
        if guesses > count:
            assert (value["value"], lines) == ("different", [])
        else:
            assert (value["value"], len(lines)) == ("same", guesses)
            assert len([line for line in lines if "(different)" in line]) == guesses - 1


@pytest.mark.parametrize(
    "given", [{"attributes": "x"}, {"attributes": [{}]}, {"client_secret": ["x"]}, {"attributes": {"length": "1"}}]
)
def test_proofs_of_another_form_are_refused(sandbox: Sandbox, given: dict[str, Any]) -> None:
    path = install_endpoint(sandbox)
    assert state(sandbox, path, proofs=given).status_code == 400


def test_a_run_without_changes_sends_no_secret(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    from sandbox.servicenow.scripting import scripted_rest

    install_endpoint(sandbox)
    configure(get_token=True)
    sent: list[str] = []
    respond = scripted_rest.respond
    monkeypatch.setattr(scripted_rest, "respond", lambda *given: sent.append(given[2].body.decode()) or respond(*given))
    assert not configure(get_token=True, test_path="/directories")["changed"]
    assert len(sent) == 2
    assert [leaks(body, (CLIENT_SECRET, API_TOKEN)) for body in sent] == [[], []]
    nonces = {json.loads(body)["nonce"] for body in sent}
    assert len(nonces) == 2, "one for each request"


def test_a_default_is_compared_as_well(sandbox: Sandbox) -> None:
    install_endpoint(sandbox)
    (definition,) = [
        row for row in sandbox.control.records("acmedev", "connection_attributes") if row["element"] == "x_api_token"
    ]
    sandbox.control.put("acmedev", "connection_attributes", definition["sys_id"], {"default_value": API_TOKEN})
    configure()
    assert not configure()["changed"]
    for row in own_records(sandbox, "sys_variable_value"):
        sandbox.control.delete("acmedev", "sys_variable_value", row["sys_id"])
    assert not configure()["changed"], "the default is the value"
    other = {"secret_attributes": {"X-API-TOKEN": "sandboxOtherToken0000000000000000000fake"}}
    assert configure(**other)["changed"]


def test_what_is_masked_because_it_is_stored_never_hides_an_ordinary_word(sandbox: Sandbox) -> None:
    install_endpoint(sandbox)
    configure()
    changed = configure(oauth=dict(qualtrics_connection()["oauth"], client_secret=OTHER_SECRET, client_id="different"))
    assert "different" in str(changed["records"])


def test_python_and_the_script_make_the_same_proof_of_any_text() -> None:
    for secret in ("plain", "with space", "ünï😀", "a'(b)*!~", '"quoted"\\'):
        assert Proofs(NONCE, Held()).of(secret) == proof(secret)
    assert Proofs(NONCE, Held()).of("") == ""


@pytest.mark.parametrize(
    "row",
    [
        {},
        {"client_secret": "yes"},
        {"client_secret": "same"},
        {"client_secret": "same", "client_secret_is": "7"},
        {"client_secret": "same", "client_secret_is": "x"},
    ],
)
def test_an_answer_in_other_words_is_not_the_endpoints(row: dict[str, str]) -> None:
    assert Proofs(NONCE, Held(CLIENT_SECRET)).read({"tables": {"oauth_entity": [row]}}) is None


def test_more_attributes_than_can_be_compared_are_refused(sandbox: Sandbox) -> None:
    install_endpoint(sandbox)
    attributes = {f"field {number}": f"value {number}" for number in range(MOST_ATTRIBUTES + 1)}
    result = attempt(attributes=attributes)
    assert result["error"]["kind"] == "input"
