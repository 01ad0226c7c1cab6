# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""The setup endpoint's scripts as a security reviewer would try them: who may call, what goes in, what comes out, what they can touch."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.snow_ops.spokes.plugins.plugin_utils._setup_endpoint import FURTHER, SHARED
from connections import (
    OPERATIONS,
    attempt,
    call,
    configure,
    endpoint_script,
    install_endpoint,
    one,
    own_records,
)
from endpoint_calls import NONCE, SUBJECT, USER, make_connection_admin, state_of_tables
from support import (
    API_TOKEN,
    CLIENT_ID,
    CLIENT_SECRET,
    PASSWORD,
    ROOT,
    leaks,
    login,
    writes,
)

from sandbox import Sandbox
from sandbox.web import Request, Response

FILES = ROOT / "roles" / "setup_endpoint" / "files"


def documents(sandbox: Sandbox) -> dict[str, dict[str, Any]]:
    """A good call of each operation on a configured instance."""
    connection = one(sandbox, "http_connection")
    step = {
        "role": "registry",
        "table": "oauth_entity",
        "action": "update",
        "sys_id": one(sandbox, "oauth_entity")["sys_id"],
        "values": {"comments": "changed by hand"},
        "secret": {"client_secret": CLIENT_SECRET},
    }
    attribute = {
        "table": "sys_variable_value",
        "element": "x_api_token",
        "type": "string",
        "connection": connection["sys_id"],
        "value": API_TOKEN,
    }
    return {
        "state": dict(SUBJECT),
        "configure": {
            **SUBJECT,
            "alias_sys_id": connection["connection_alias"],
            "form": {"credential.oauth_entity.client_secret": CLIENT_SECRET},
        },
        "update": {**SUBJECT, "alias_sys_id": connection["connection_alias"], "steps": [step, attribute]},
        "token": {"nonce": NONCE, "connection_sys_id": connection["sys_id"]},
        "test": {
            "nonce": NONCE,
            "connection_sys_id": connection["sys_id"],
            "path": "/directories",
            "headers": {"X-API-TOKEN": "x_api_token"},
        },
        "rotate": {
            **SUBJECT,
            "connection_sys_id": connection["sys_id"],
            "steps": [{**step, "values": {"client_id": CLIENT_ID}}, attribute],
            "get_token": "true",
            "path": "/directories",
            "headers": {"X-API-TOKEN": "x_api_token"},
        },
    }


def test_the_scripts_evaluate_nothing() -> None:
    scripts = [path.read_text() for path in FILES.rglob("*.js")]
    shared = {*SHARED, *(name for names in FURTHER.values() for name in names)}
    assert {path.stem for path in FILES.glob("shared/*.js")} == shared
    assert {path.stem for path in FILES.glob("operations/*.js")} == set(OPERATIONS)
    assert len(scripts) == len(shared) + len(OPERATIONS)
    for word in (
        r"\beval\b",
        r"new Function\b",
        r"GlideScopedEvaluator",
        r"GlideScriptEvaluator",
        r"gs\.include",
        r"addEncodedQuery",
        r"setWorkflow",
        r"base64DecodeAsBytes",
    ):
        assert not [script for script in scripts if re.search(word, script)], word


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize(("user", "password"), [("itil.user", "sandbox-Password-2"), (USER, PASSWORD)])
def test_only_the_two_roles_may_call_and_connection_admin_only_what_its_own_rights_allow(
    sandbox: Sandbox, operation: str, user: str, password: str
) -> None:
    path = install_endpoint(sandbox)
    configure()
    make_connection_admin(sandbox)
    before = state_of_tables(sandbox)
    answer = call(sandbox, f"{path}/{operation}", documents(sandbox)[operation], user, password)
    expected = (403, "The role admin or connection_admin is needed" if user == "itil.user" else "The account may not ")
    if (user, operation) == (USER, "configure"):
        expected = (409, "The alias has a connection already")
    assert answer.status_code == expected[0]
    assert answer.json()["error"]["message"].startswith(expected[1])
    assert state_of_tables(sandbox) == before


def test_the_form_gives_connection_admin_no_more_rights_either(sandbox: Sandbox) -> None:
    path = install_endpoint(sandbox)
    make_connection_admin(sandbox)
    (alias,) = [row for row in sandbox.control.records("acmedev", "sys_alias") if row["name"] == "Qualtrics"]
    answer = call(
        sandbox,
        f"{path}/configure",
        {"nonce": NONCE, "alias_sys_id": alias["sys_id"], "form": {"connection.name": "x"}},
        USER,
    )
    assert answer.json()["result"]["connection_sys_id"] == ""
    assert own_records(sandbox, "oauth_entity") == []


@pytest.mark.parametrize("action", ["update", "delete", "create"])
def test_update_tells_nobody_of_records_that_he_may_not_read(sandbox: Sandbox, action: str) -> None:
    path = install_endpoint(sandbox)
    configure()
    make_connection_admin(sandbox)
    before = state_of_tables(sandbox)
    step = {"role": "x", "table": "oauth_entity", "action": action, "values": {}}
    for find in (
        {"client_id": CLIENT_ID},
        {"client_id": "no"},
        {"client_idSTARTSWITH5a^name": "Qualtrics OAuth"},
        {"nosuch": "x"},
    ):
        told = {
            call(sandbox, f"{path}/update", {"nonce": NONCE, "steps": [{**step, "find": find}]}, USER).text.replace(
                "\n", ""
            )
        }
        assert told == {call(sandbox, f"{path}/update", {"nonce": NONCE, "steps": [step]}, USER).text.replace("\n", "")}
    there = call(
        sandbox,
        f"{path}/update",
        {"nonce": NONCE, "steps": [{**step, "sys_id": one(sandbox, "oauth_entity")["sys_id"]}]},
        USER,
    )
    assert (there.status_code, there.json()["error"]["message"]) == (403, "The account may not read oauth_entity")
    assert state_of_tables(sandbox) == before


def test_the_instance_says_what_is_encrypted_and_not_the_caller(sandbox: Sandbox) -> None:
    path = install_endpoint(sandbox, "acmevault")
    configure(instance=login("acmevault"))
    connection = one(sandbox, "http_connection", instance="acmevault")["sys_id"]
    step = {
        "table": "sys_variable_value",
        "element": "x_api_token",
        "type": "string",
        "connection": connection,
        "value": "sandbox-new-fake",
    }
    assert call(sandbox, f"{path}/update", {"nonce": NONCE, "steps": [step]}, name="acmevault").status_code == 200
    assert one(sandbox, "sys_variable_value", instance="acmevault")["value"] != "sandbox-new-fake"
    assert one(sandbox, "sys_variable_value", True, "acmevault")["value"] == "sandbox-new-fake"


class Echo:
    """A provider that answers everything with what it was sent, in a form of its own."""

    def __init__(self, form: Callable[[str], str]) -> None:
        self.form = form

    def site(self, _host: str) -> Echo:
        """Itself, whoever is asked for."""
        return self

    def respond(self, request: Request) -> Response:
        """Whatever the caller's secrets are, in the message."""
        sent = " ".join(
            self.form(request.headers[name]) for name in ("authorization", "x-api-token") if name in request.headers
        )
        return Response.of_json(
            400, {"meta": {"error": {"errorMessage": f"Do not like {sent}", "errorCode": "ECHO_1"}}}
        )


FORMS: dict[str, Callable[[str], str]] = {
    "plain": str,
    "upper": str.upper,
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "halves": lambda text: f"{text[: len(text) // 2]} {text[len(text) // 2 :]}",
}


@pytest.mark.parametrize("form", FORMS)
def test_a_provider_that_echoes_the_token_does_not_get_it_into_the_answer(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    path = install_endpoint(sandbox)
    configure(get_token=True)
    tokens = [row["token_received"] for row in sandbox.control.records("acmedev", "oauth_credential", plain=True)]
    document = documents(sandbox)["test"]
    monkeypatch.setattr(sandbox.world, "cloud", Echo(FORMS[form]))
    answer = call(sandbox, f"{path}/test", document)
    assert answer.json()["result"]["error"].startswith("Do not like ")
    for secret in (*tokens, API_TOKEN):
        for part in (
            secret,
            secret.upper(),
            base64.b64encode(secret.encode()).decode()[:-4],
            secret[len(secret) // 2 :],
        ):
            assert part not in answer.text
    assert leaks(answer.text, (*tokens, API_TOKEN)) == []


MESSAGES = {
    "Do not like " + "abcdefghij" * 4: "Do not like ********",
    "Bearer " + "aBcDeFgHiJkLmNoPqRsTuVwXyZ": "Bearer ********",
    "token=" + "ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEF": "********",
    "unauthorized_client: invalid_client_credentials": "unauthorized_client: invalid_client_credentials",
    "INVALID_REQUEST_PARAMETER, see Client-Credentials-Flow": "INVALID_REQUEST_PARAMETER, see Client-Credentials-Flow",
}


@pytest.mark.parametrize("message", MESSAGES)
def test_what_looks_like_a_token_is_struck_out_and_words_are_not(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, message: str
) -> None:
    path = install_endpoint(sandbox)
    configure(get_token=True)
    document = documents(sandbox)["test"]
    echo = Echo(str)
    monkeypatch.setattr(echo, "respond", lambda _request: Response.of_json(400, {"message": message}))
    monkeypatch.setattr(sandbox.world, "cloud", echo)
    assert call(sandbox, f"{path}/test", document).json()["result"]["error"] == MESSAGES[message]


def test_a_web_page_proves_nothing(sandbox: Sandbox) -> None:
    path = install_endpoint(sandbox)
    configure(get_token=True)
    sandbox.control.fault("html", path="/API/v3/directories$")
    assert (
        call(sandbox, f"{path}/test", documents(sandbox)["test"]).json()["result"]["error"]
        == "The answer is a web page"
    )


def test_the_log_names_what_was_changed(sandbox: Sandbox) -> None:
    path = install_endpoint(sandbox)
    configure()
    registry = one(sandbox, "oauth_entity")["sys_id"]
    call(sandbox, f"{path}/update", dict(documents(sandbox)["update"], alias_sys_id="deadbeef"))
    lines = str(sandbox.control.log("acmedev"))
    assert f"Spoke Connection Setup: update oauth_entity {registry}" in lines
    assert "deadbeef" not in lines


def test_the_mix_of_roles_that_the_documentation_names_is_enough(sandbox: Sandbox) -> None:
    path = install_endpoint(sandbox)
    make_connection_admin(sandbox, "credential_admin", "oauth_admin", "personalize_read_dictionary")
    options: dict[str, Any] = {"instance": login(username=USER), "get_token": True, "test_path": "/directories"}
    blind = attempt(route="endpoint", endpoint_path=path, **options)
    assert blind["error"]["kind"] == "access"
    assert "set endpoint_trust to path" in blind["error"]["advice"]
    options.update(endpoint_path=path, endpoint_trust="path")
    first = configure(**options)
    assert (first["changed"], first["route"], first["test"]["ok"]) == (True, "endpoint", True)
    assert not configure(**options)["changed"]
    assert one(sandbox, "oauth_entity", plain=True)["client_secret"] == CLIENT_SECRET


@pytest.mark.parametrize("operation", OPERATIONS)
def test_no_secret_is_in_an_answer_or_a_log(sandbox: Sandbox, operation: str) -> None:
    path = install_endpoint(sandbox)
    configure(get_token=True)
    tokens = [row["token_received"] for row in sandbox.control.records("acmedev", "oauth_credential", plain=True)]
    answer = call(sandbox, f"{path}/{operation}", documents(sandbox)[operation])
    text = answer.text + str(dict(answer.headers)) + str(sandbox.control.log("acmedev"))
    assert answer.status_code == (409 if operation == "configure" else 200), answer.text
    assert tokens
    assert leaks(text, (CLIENT_SECRET, API_TOKEN, *tokens)) == []
    stored = one(sandbox, "oauth_entity")["client_secret"]
    assert stored not in text, "nor is the ciphertext"


def test_a_provider_that_echoes_secrets_does_not_get_them_into_the_answer(sandbox: Sandbox) -> None:
    path = install_endpoint(sandbox)
    configure(get_token=True)
    (template,) = [
        row for row in sandbox.control.records("acmedev", "sys_alias_templates") if row["name"].startswith("Qualtrics")
    ]
    script = "throw new Error('cannot use ' + jsonDynamicData);"
    sandbox.control.put("acmedev", "sys_alias_templates", template["sys_id"], {"post_process_script": script})
    alias = one(sandbox, "http_connection")["connection_alias"]
    sandbox.control.delete("acmedev", "http_connection", one(sandbox, "http_connection")["sys_id"])
    form = {
        "connection.name": "New",
        "connection.connection_url": "https://acme.qualtrics.com/API/v3",
        "connection.extended_attributes.x_api_token": API_TOKEN,
        "credential.oauth_entity.name": "New OAuth",
        "credential.oauth_entity.client_id": "new",
        "credential.oauth_entity.client_secret": CLIENT_SECRET,
        "credential.oauth_entity.token_url": "https://fra1.qualtrics.com/oauth2/token",
    }
    answer = call(sandbox, f"{path}/configure", {"nonce": NONCE, "alias_sys_id": alias, "form": form})
    assert "cannot use" in answer.json()["result"]["message"]
    assert leaks(answer.text) == []


@pytest.mark.sampled(every=5)
@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize(
    "document",
    [
        [],
        "text",
        {},
        {"nonce": "short"},
        {"nonce": NONCE, "scope": 7},
        {"nonce": NONCE, "scope": None},
        {"nonce": NONCE, "scope": "javascript:gs.log(1)"},
        {"nonce": NONCE, "scope": "a\x00b"},
        {"nonce": NONCE, "scope": "x" * 9000},
        {"nonce": NONCE, "form": {"a": {"b": {"c": {"d": {"e": {"f": {}}}}}}}},
        {"nonce": NONCE, "steps": ["x"] * 501},
    ],
)
def test_input_that_is_not_understood_is_refused(sandbox: Sandbox, operation: str, document: Any) -> None:
    path = install_endpoint(sandbox)
    answer = call(sandbox, f"{path}/{operation}", document)
    assert answer.status_code == 400
    assert answer.json()["error"]["detail"].startswith("Spoke Connection Setup version")
    assert writes(sandbox) == [f"POST acmedev.service-now.com{path}/{operation}"] * (operation not in ("state", "test"))


def test_a_body_beyond_the_limit_is_refused(sandbox: Sandbox) -> None:
    path = install_endpoint(sandbox)
    assert (
        call(sandbox, f"{path}/state", {"nonce": NONCE, "form": {str(n): "x" * 7000 for n in range(40)}}).status_code
        == 413
    )


@pytest.mark.parametrize(
    ("step", "status"),
    [
        ({"table": "sys_user", "action": "create", "values": {"user_name": "mallory"}}, 400),
        ({"table": "sys_properties", "action": "delete", "sys_id": "0" * 32}, 400),
        ({"table": "oauth_entity", "action": "create", "values": {"user": "mallory"}}, 400),
        ({"table": "oauth_entity", "action": "create", "values": {"sys_updated_on": "2020-01-01 00:00:00"}}, 400),
        ({"table": "http_connection", "action": "create", "values": {"connection_alias.id": "x"}}, 400),
        ({"table": "http_connection", "action": "update", "sys_id": "f" * 32, "values": {"name": "x"}}, 409),
        ({"table": "sys_variable_value", "action": "create", "values": {"value": "x"}}, 400),
        ({"table": "sys_variable_value", "action": "create"}, 400),
        ({"table": "sys_variable_value", "action": "update", "sys_id": "VALUE", "values": {"document_key": "x"}}, 400),
        (
            {
                "table": "oauth_entity",
                "action": "update",
                "sys_id": "REGISTRY",
                "values": {"client_secret": "sandbox-clear-fake"},
            },
            400,
        ),
        ({"table": "oauth_entity", "action": "update", "sys_id": "REGISTRY", "secret": {"client_id": "x"}}, 400),
        ({"table": "oauth_entity", "action": "create", "sys_id": "zz", "values": {"name": "x"}}, 400),
        (
            {
                "table": "http_connection",
                "action": "update",
                "sys_id": "CONNECTION",
                "values": {"name": {"role": "constructor"}},
            },
            400,
        ),
        (
            {
                "table": "http_connection",
                "action": "update",
                "sys_id": "CONNECTION",
                "values": {"name": {"role": "__proto__"}},
            },
            400,
        ),
        # What a record is found by is not the caller's to say.
        ({"table": "http_connection", "action": "delete", "find": {"nmae": "T"}}, 200),
        ({"table": "http_connection", "action": "update", "find": {"name": "Qualtrics"}, "values": {"name": "x"}}, 409),
        (
            {
                "table": "oauth_entity_profile",
                "action": "create",
                "sys_id": "f" * 32,
                "values": {"oauth_entity": "nothing", "sys_id": "x"},
            },
            400,
        ),
        (
            {
                "table": "sys_variable_value",
                "element": "nothing",
                "type": "string",
                "connection": "CONNECTION",
                "value": "x",
            },
            409,
        ),
    ],
)
def test_update_writes_nothing_but_the_connections_own_columns(
    sandbox: Sandbox, step: dict[str, Any], status: int
) -> None:
    path = install_endpoint(sandbox)
    configure()
    connection = one(sandbox, "http_connection")
    before = state_of_tables(sandbox)
    known = {
        "CONNECTION": connection,
        "VALUE": one(sandbox, "sys_variable_value"),
        "REGISTRY": one(sandbox, "oauth_entity"),
    }
    step = {name: known[value]["sys_id"] if value in list(known) else value for name, value in step.items()}
    document = {"nonce": NONCE, "alias_sys_id": connection["connection_alias"], "steps": [{"role": "x", **step}]}
    answer = call(sandbox, f"{path}/update", document)
    assert answer.status_code == status, answer.text
    assert state_of_tables(sandbox) == before


@pytest.mark.parametrize(
    "path",
    [
        "",
        "directories",
        "/directories?x=1",
        "/../oauth2/token",
        "//evil.example/x",
        "/a b",
        "/@evil.example",
        "/" + "a" * 300,
    ],
)
def test_the_test_call_goes_to_the_connection_only(sandbox: Sandbox, path: str) -> None:
    base = install_endpoint(sandbox)
    configure(get_token=True)
    document = dict(documents(sandbox)["test"], path=path)
    sandbox.control.clear_requests()
    answer = call(sandbox, f"{base}/test", document)
    assert answer.status_code == 400
    assert [entry["host"] for entry in sandbox.control.requests()] == ["acmedev.service-now.com"]


def test_a_form_field_that_the_template_does_not_have_is_refused(sandbox: Sandbox) -> None:
    path = install_endpoint(sandbox)
    configure()
    alias = one(sandbox, "http_connection")["connection_alias"]
    answer = call(
        sandbox, f"{path}/configure", {"nonce": NONCE, "alias_sys_id": alias, "form": {"connection.sys_domain": "x"}}
    )
    assert answer.status_code == 400
    assert "connection.connection_url" in answer.json()["error"]["message"]


def test_every_operations_script_is_one_that_the_platform_takes(sandbox: Sandbox) -> None:
    for operation in OPERATIONS:
        assert "(function process(request, response) {" in endpoint_script(operation)
    path = install_endpoint(sandbox)
    answers = [call(sandbox, f"{path}/{operation}", {"nonce": NONCE}) for operation in OPERATIONS]
    assert [answer.status_code for answer in answers] == [200, 409, 200, 409, 409, 409]
    assert own_records(sandbox, "http_connection") == []
