# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""sn_cc, sn_auth and sn_ws: the form's records, tokens that a provider gave, calls that really go out."""

from __future__ import annotations

import json
from typing import Any

import pytest
from support import API_TOKEN, CLIENT_ID, CLIENT_SECRET, OTHER_SECRET

from sandbox.servicenow.caller import Caller, basic
from sandbox.world import World

FORM = {
    "connection.name": "Qualtrics",
    "connection.connection_url": "https://acme.qualtrics.com/API/v3",
    "connection.extended_attributes.x_api_token": API_TOKEN,
    "credential.oauth_entity.name": "Qualtrics OAuth",
    "credential.oauth_entity.client_id": CLIENT_ID,
    "credential.oauth_entity.client_secret": CLIENT_SECRET,
    "credential.oauth_entity.token_url": "https://fra1.qualtrics.com/oauth2/token",
}
CONFIGURE = """
  var alias = new GlideRecord('sys_alias');
  alias.get('id', request.body.data.alias);
  var answer = new sn_cc.ConnectionBuilder().createCCWithDynamicInputs(alias.getUniqueValue(), JSON.stringify(request.body.data.form));
  return {status: answer.getStatus(), id: answer.getID(), message: answer.getMessage()};"""
BUILDER = "var builder = new sn_cc.ConnectionBuilder(); builder.setCheckACL(false); "
CHAIN = """
  var connection = new GlideRecord('http_connection'), credential = new GlideRecord('oauth_2_0_credentials');
  connection.addQuery('connection_alias.id', 'sn_qualtrics_spoke.Qualtrics');
  connection.query();
  connection.next();
  credential.get(connection.getValue('credential'));"""
TOKEN = (
    CHAIN
    + """
  var ask = new sn_auth.GlideOAuthClientRequest();
  ask.setParameter('oauth_requestor_context', 'oauth_2_0_credentials');
  ask.setParameter('oauth_requestor', credential.getUniqueValue());
  ask.setParameter('oauth_provider_profile', credential.getValue('oauth_entity_profile'));
  var answer = new sn_auth.GlideOAuthClient().requestTokenByRequest(null, ask), token = answer.getToken();
  return {error: answer.getErrorMessage(), status: answer.getResponseCode(), token: token && token.getAccessToken(), lasts: token && token.getExpiresIn()};"""
)
CALL = (
    CHAIN
    + """
  var message = new sn_ws.RESTMessageV2();
  message.setEndpoint(connection.connection_url + '/directories');
  message.setHttpMethod('get');
  message.setRequestHeader('X-API-TOKEN', connection.extended_attributes.x_api_token.getDecryptedValue());
  message.setAuthenticationProfile('oauth2', credential.getValue('oauth_entity_profile'));
  message.setRequestorProfile('oauth_2_0_credentials', credential.getUniqueValue());
  try {
    var answer = message.execute();
    return {status: answer.getStatusCode(), failed: answer.haveError(), error: answer.getErrorMessage(), body: answer.getBody()};
  } catch (error) {
    return {thrown: error.message};
  }"""
)


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture(params=["acmedev", "acmevault"])
def acme(world: World, request: pytest.FixtureRequest) -> Caller:
    """One instance keeps X-API-TOKEN in clear, the other encrypted."""
    return in_world(world, request.param)


def in_world(world: World, name: str = "acmedev") -> Caller:
    caller = Caller(name)
    caller.farm, caller.clock, caller.behaviour = world.farm, world.clock, world.behaviour
    return caller


def fill_in(acme: Caller, alias: str = "sn_qualtrics_spoke.Qualtrics", **changes: str) -> dict[str, Any]:
    return acme.run(CONFIGURE, {"alias": alias, "form": {**FORM, **changes}})


def directories(answer: dict[str, Any]) -> list[str]:
    return [element["directoryId"] for element in json.loads(answer["body"])["result"]["elements"]]


# ConnectionBuilder


def test_the_form_makes_the_whole_chain(acme: Caller) -> None:
    made = fill_in(acme)
    (connection,) = acme.stored("http_connection")
    assert made == {"status": "success", "id": connection["sys_id"], "message": ""}
    (credential,) = acme.stored("oauth_2_0_credentials", sys_id=connection["credential"])
    (profile,) = acme.stored("oauth_entity_profile", sys_id=credential["oauth_entity_profile"])
    (entity,) = acme.stored("oauth_entity", sys_id=profile["oauth_entity"])
    (scope,) = acme.stored("oauth_entity_scope", oauth_entity=entity["sys_id"])
    (link,) = acme.stored("oauth_entity_profile_scope")
    assert (connection["name"], connection["connection_url"], connection["use_mid"]) == (
        "Qualtrics",
        FORM["connection.connection_url"],
        "false",
    )
    assert (entity["name"], entity["type"], entity["client_id"], entity["client_secret"]) == (
        "Qualtrics OAuth",
        "consumer",
        CLIENT_ID,
        CLIENT_SECRET,
    )
    assert (profile["default"], profile["grant_type"]) == ("true", "client_credentials")
    assert scope["oauth_entity_scope"] == "manage:all"
    assert (link["oauth_entity_profile"], link["oauth_entity_scope"]) == (profile["sys_id"], scope["sys_id"])
    (value,) = acme.stored("sys_variable_value", document_key=connection["sys_id"])
    assert (value["value"], value["document"]) == (API_TOKEN, "http_connection")


def test_secrets_are_stored_encrypted(acme: Caller) -> None:
    fill_in(acme)
    assert acme.stored("oauth_entity", plain=False, name="Qualtrics OAuth")[0]["client_secret"] != CLIENT_SECRET
    stored = acme.stored("sys_variable_value", plain=False)[0]["value"]
    assert (stored == API_TOKEN) is (acme.name == "acmedev")


def test_the_form_of_an_encrypted_attribute_hides_its_input(world: World) -> None:
    for name, kind in (("acmedev", "text"), ("acmevault", "password")):
        schema = json.loads(
            in_world(world, name).stored("sys_alias_templates", name="Qualtrics Spoke template")[0][
                "dynamic_data_schema"
            ]
        )
        assert [field["type"] for field in schema["connection_fields"] if field["label"] == "X-API-TOKEN"] == [kind]


@pytest.mark.parametrize(
    ("form", "message"),
    [
        ({"connection.extended_attributes.x_api_token": ""}, "Mandatory field is missing: X-API-TOKEN"),
        ({"credential.oauth_entity.name": "Taken"}, "Unique Key violation"),
        ({"connection.name": "Taken"}, "Unique connection name"),
    ],
)
@pytest.mark.parametrize("words", [("success", "failure"), ("true", "false")])
def test_what_is_refused_leaves_nothing_behind(
    world: World, form: dict[str, str], message: str, words: tuple[str, str]
) -> None:
    acme = in_world(world)
    acme.behaviour["servicenow.builder_status"] = words[0]
    acme.insert("oauth_entity", name="Taken", type="client")
    acme.insert("http_connection", name="Taken")
    tables = (
        "http_connection",
        "oauth_2_0_credentials",
        "oauth_entity",
        "oauth_entity_profile",
        "oauth_entity_scope",
        "sys_variable_value",
    )
    before = [acme.stored(table) for table in tables]
    answer = fill_in(acme, **form)
    assert (answer["status"], answer["id"]) == (words[1], "")
    assert message in answer["message"]
    assert [acme.stored(table) for table in tables] == before


def test_a_second_connection_of_an_alias_is_refused(acme: Caller) -> None:
    fill_in(acme)
    answer = fill_in(acme, **{"connection.name": "Second", "credential.oauth_entity.name": "Second"})
    assert answer["status"] == "failure"
    assert "Check for active connection" in answer["message"]


@pytest.mark.parametrize("form", ["nonsense", "[]"])
def test_a_form_that_is_none(world: World, form: str) -> None:
    script = """
      var alias = new GlideRecord('sys_alias');
      alias.get('name', 'Qualtrics');
      return new sn_cc.ConnectionBuilder().createCCWithDynamicInputs(alias.getUniqueValue(), request.body.data.form).getStatus();"""
    assert in_world(world).run(script, {"form": form}) == "failure"


def test_the_builder_asks_for_the_rights_unless_told_not_to(world: World) -> None:
    acme = in_world(world)
    path = acme.install(CONFIGURE)
    unchecked = acme.install(
        CONFIGURE.replace("new sn_cc.ConnectionBuilder()", "builder").replace("var answer", BUILDER + "var answer"),
        "/unchecked",
    )
    acme.headers = basic("itil.user", "sandbox-Password-2")
    body = json.dumps({"alias": "sn_qualtrics_spoke.Qualtrics", "form": FORM}).encode()
    assert (
        acme.send("POST", path, body=body).result["message"]
        == "Insufficient rights to create records in http_connection"
    )
    assert acme.send("POST", unchecked, body=body).result["status"] == "success"


def test_another_spokes_template(world: World) -> None:
    acme = in_world(world)
    form = {
        "connection.extended_attributes.tenant": "acme",
        "credential.oauth_entity.auth_url": "https://acme.example/authorize",
    }
    made = fill_in(acme, "x_acme_tickets.Acme_Tickets", **form)
    assert made["status"] == "success"
    (entity,) = acme.stored("oauth_entity", name="Qualtrics OAuth")
    assert (entity["auth_url"], entity["send_client_credentials_as"]) == (
        form["credential.oauth_entity.auth_url"],
        "basic_authorization_header",
    )
    assert {row["oauth_entity_scope"] for row in acme.stored("oauth_entity_scope")} == {"tickets:read", "tickets:write"}
    assert len(acme.stored("oauth_entity_profile_scope")) == 2


def post_process(acme: Caller, script: str) -> None:
    (template,) = acme.stored("sys_alias_templates", name="Qualtrics Spoke template")
    acme.farm.put_record(acme.name, "sys_alias_templates", template["sys_id"], {"post_process_script": script})


def test_the_post_processing_script_runs_with_its_globals(world: World) -> None:
    acme = in_world(world)
    post_process(
        acme,
        """var form = JSON.parse(jsonDynamicData), gr = new GlideRecord('http_connection');
           gr.get(connectionSysId);
           gr.setValue('connection_timeout', 5000);
           gr.update();
           gs.info('{0} {1} {2}', form['connection.name'], gr.connection_alias == aliasId, typeof JSON.parse(jsonDefaultData).connection);""",
    )
    assert fill_in(acme)["status"] == "success"
    assert acme.stored("http_connection")[0]["connection_timeout"] == "5000"
    assert acme.farm.log("acmedev")[-1]["message"] == "Qualtrics true object"


def test_a_post_processing_script_that_fails(world: World) -> None:
    acme = in_world(world)
    post_process(acme, "throw new Error('no')")
    answer = fill_in(acme)
    assert answer["message"] == "The post-processing script failed: Error: no (line 1)"
    assert acme.stored("http_connection") == []


# Tokens


def test_a_token_is_fetched_and_kept(acme: Caller) -> None:
    fill_in(acme)
    answer = acme.run(TOKEN)
    assert (answer["error"], answer["status"], answer["lasts"]) == ("", 200, 3599)
    (token,) = acme.stored("oauth_credential")
    (requestor,) = acme.stored("oauth_requestor_profile", sys_id=token["oauth_requestor_profile"])
    (connection,) = acme.stored("http_connection")
    assert (requestor["requestor_context"], requestor["requestor_id"]) == (
        "oauth_2_0_credentials",
        connection["credential"],
    )
    assert (token["type"], token["token_received"], token["grant_type"]) == (
        "access_token",
        answer["token"],
        "client_credentials",
    )
    assert acme.stored("oauth_credential", plain=False)[0]["token_received"] != answer["token"]
    assert token["expires"] > token["token_issued"]


@pytest.mark.parametrize(
    ("field", "value", "status", "error"),
    [
        ("client_secret", OTHER_SECRET, 401, "invalid_client"),
        ("client_id", "5a4d00000000000000000000000000aa", 401, "invalid_client"),
        ("client_id", "5a4d00000000000000000000004eadff", 401, "invalid_client"),
        ("token_url", "https://iad1.qualtrics.com/oauth2/token", 401, "invalid_client"),
        ("token_url", "https://fra1.qualtrics.com/nowhere", 404, "Method failed with code: 404"),
        ("token_url", "https://nobody.example/oauth2/token", 0, "Unknown host: nobody.example"),
        ("token_url", "nonsense", 0, "Invalid URI: nonsense"),
    ],
)
def test_a_refused_token_says_why(world: World, field: str, value: str, status: int, error: str) -> None:
    acme = in_world(world)
    fill_in(acme, **{f"credential.oauth_entity.{field}": value})
    answer = acme.run(TOKEN)
    assert (answer["status"], answer["token"]) == (status, None)
    assert answer["error"].startswith(error)
    assert acme.stored("oauth_credential") == []


def test_a_grant_with_a_person_in_it_gets_no_token(world: World) -> None:
    acme = in_world(world)
    fill_in(acme)
    (profile,) = acme.stored("oauth_entity_profile")
    acme.farm.put_record("acmedev", "oauth_entity_profile", profile["sys_id"], {"grant_type": "authorization_code"})
    assert "needs a user's consent" in acme.run(TOKEN)["error"]


# Calls


def test_a_call_through_what_was_configured(world: World, acme: Caller) -> None:
    fill_in(acme)
    assert acme.run(CALL) == {"thrown": "OAuth token is not available: get an OAuth token for the credential first"}
    acme.run(TOKEN)
    answer = acme.run(CALL)
    assert (answer["status"], answer["failed"], answer["error"]) == (200, False, "")
    assert directories(answer) == ["POOL_0000000acmefake", "POOL_0000001acmefake"]
    calls = [(entry["host"], entry["method"], entry["path"], entry["connection"]) for entry in world.log.as_json()]
    assert calls == [
        ("fra1.qualtrics.com", "POST", "/oauth2/token", 0),
        ("acme.qualtrics.com", "GET", "/API/v3/directories", 0),
    ]


def test_a_token_past_its_time_is_renewed(world: World) -> None:
    acme = in_world(world)
    fill_in(acme)
    acme.run(TOKEN)
    world.clock.offset_seconds += 4000
    assert acme.run(CALL)["status"] == 200
    assert len(acme.stored("oauth_credential")) == 2
    assert len(acme.stored("oauth_requestor_profile")) == 1


def test_the_first_token_can_come_by_itself(world: World) -> None:
    acme = in_world(world)
    acme.behaviour["servicenow.first_token"] = "by_itself"
    fill_in(acme)
    assert acme.run(CALL)["status"] == 200
    assert len(acme.stored("oauth_credential")) == 1


def test_a_wrong_api_token_is_qualtrics_own_error(acme: Caller) -> None:
    fill_in(acme)
    acme.run(TOKEN)
    acme.run(CHAIN + "connection.extended_attributes.x_api_token.setDisplayValue('wrong'); connection.update();")
    answer = acme.run(CALL)
    assert answer["error"] == "Method failed: (/API/v3/directories) with code: 401 - Invalid username/password combo"
    assert json.loads(answer["body"])["meta"]["error"]["errorMessage"] == "Unrecognized X-API-TOKEN."
    assert acme.stored("sys_variable_value")[0]["value"] == "wrong"


@pytest.mark.parametrize(
    ("url", "status"),
    [("https://acme.qualtrics.com/API", 404), ("https://nobody.example/API/v3", 0), ("http://acme.qualtrics.com", 0)],
)
def test_a_wrong_address(world: World, url: str, status: int) -> None:
    acme = in_world(world)
    fill_in(acme, **{"connection.connection_url": url})
    acme.run(TOKEN)
    answer = acme.run(CALL)
    assert (answer["status"], answer["failed"]) == (status, True)


@pytest.mark.parametrize(("kind", "status"), [("reset", 0), ("refused", 0), ("rate_limited", 429)])
def test_faults_reach_outbound_calls(world: World, kind: str, status: int) -> None:
    acme = in_world(world)
    fill_in(acme)
    acme.run(TOKEN)
    world.faults.add({"kind": kind, "host": "acme.qualtrics.com"})
    answer = acme.run(CALL)
    assert (answer["status"], answer["failed"]) == (status, True)


def test_what_a_spoke_reads_of_its_connection(acme: Caller) -> None:
    fill_in(acme)
    script = """
      var alias = new GlideRecord('sys_alias');
      alias.get('name', 'Qualtrics');
      var info = new sn_cc.ConnectionInfoProvider().getConnectionInfo(alias.getUniqueValue());
      return [info.getAttribute('connection_url'), info.getExtendedAttributes().x_api_token, info.getCredentialAttribute('type'),
              new sn_cc.ConnectionInfoProvider().getConnectionInfo('none')];"""
    assert acme.run(script) == [FORM["connection.connection_url"], API_TOKEN, "oauth_2_0", None]


def test_an_attribute_without_a_value_has_its_default(world: World) -> None:
    acme = in_world(world)
    definition = acme.stored("connection_attributes", element="x_api_token")[0]["sys_id"]
    fill_in(acme)
    acme.farm.delete_record("acmedev", "sys_variable_value", acme.stored("sys_variable_value")[0]["sys_id"])
    acme.farm.put_record("acmedev", "connection_attributes", definition, {"default_value": "preset"})
    assert acme.run(
        CHAIN + "return [connection.extended_attributes.x_api_token + '', typeof connection.extended_attributes.none];"
    ) == ["preset", "undefined"]
