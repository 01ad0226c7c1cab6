# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""GlideRecord, gs and the helper classes in scripts."""

from __future__ import annotations

import base64
import hashlib
import hmac

import pytest

from sandbox.servicenow.caller import Caller, basic


@pytest.fixture
def acme() -> Caller:
    return Caller()


def registry(acme: Caller, **values: str) -> str:
    return acme.insert(
        "oauth_entity",
        **{"name": "Reg", "type": "oauth_provider", "default_grant_type": "client_credentials", **values},
    )


def test_reading(acme: Caller) -> None:
    script = """
      var found = [], gr = new GlideRecord('sys_alias');
      gr.addQuery('id', 'STARTSWITH', 'sn_').addOrCondition('name', 'Acme_Tickets');
      gr.orderByDesc('name');
      gr.query();
      while (gr.next()) {
        found.push([gr.getValue('name'), '' + gr.id, gr.type.getDisplayValue(), '' + gr.configuration_template.name, gr.getValue('parent')]);
      }
      return {rows: gr.getRowCount(), found: found};"""
    tickets = [
        "Acme_Tickets",
        "x_acme_tickets.Acme_Tickets",
        "Connection and Credential",
        "Acme Tickets template",
        None,
    ]
    qualtrics = [
        "Qualtrics",
        "sn_qualtrics_spoke.Qualtrics",
        "Connection and Credential",
        "Qualtrics Spoke template",
        None,
    ]
    assert acme.run(script) == {"rows": 2, "found": [qualtrics, tickets]}


def test_a_condition_on_an_unknown_column_is_dropped(acme: Caller) -> None:
    script = "var gr = new GlideRecord('sys_alias'); gr.addQuery('nonsense', 'x'); gr.query(); return gr.getRowCount();"
    assert acme.run(script) == 2


def test_a_caret_in_a_value_is_no_separator(acme: Caller) -> None:
    registry(acme, name="a^b")
    script = "var gr = new GlideRecord('oauth_entity'); return [gr.get('name', 'a^b'), gr.getDisplayValue(), gr.get('name', 'a^nameISNOTEMPTY')];"
    assert acme.run(script) == [True, "a^b", False]


def test_writing(acme: Caller) -> None:
    script = """
      var gr = new GlideRecord('oauth_entity');
      gr.initialize();
      gr.name = 'Made';
      gr.setValue('type', 'oauth_provider');
      gr.active = true;
      gr.nonsense = 'x';
      var id = gr.insert(), again = new GlideRecord('oauth_entity');
      again.get(id);
      again.client_id = gr.name;
      return [id === again.update(), again.isValidRecord(), '' + again.client_id,
              typeof again.nonsense, again.client_id === 'Made', again.client_id == 'Made'];"""
    assert acme.run(script) == [True, True, "Made", "undefined", False, True]
    (row,) = acme.stored("oauth_entity", name="Made")
    assert (row["client_id"], row["active"], row["sys_mod_count"], row["sys_created_by"]) == (
        "Made",
        "true",
        "1",
        "spoke.setup",
    )
    # The rules ran as for anybody.
    assert [profile["default"] for profile in acme.stored("oauth_entity_profile", oauth_entity=row["sys_id"])] == [
        "true"
    ]


def test_a_refused_write_says_why_and_is_logged(acme: Caller) -> None:
    registry(acme)
    script = (
        "var gr = new GlideRecord('oauth_entity'); gr.name = 'reg'; return [gr.insert(), gr.getLastErrorMessage()];"
    )
    made, why = acme.run(script)
    assert made is None
    assert "Unique Key violation detected by database" in why
    assert acme.farm.log("acmedev")[-1]["message"] == why


def test_deleting(acme: Caller) -> None:
    registry(acme)
    script = "var gr = new GlideRecord('oauth_entity'); gr.get('name', 'Reg'); return [gr.deleteRecord(), gr.get('name', 'Reg'), gr.isValidRecord()];"
    assert acme.run(script) == [True, False, False]
    assert acme.stored("oauth_entity", name="Reg") == acme.stored("oauth_entity_profile") == []


def test_a_table_that_does_not_exist(acme: Caller) -> None:
    script = "var gr = new GlideRecord('nonsense'); gr.addQuery('a', 1); gr.query(); return [gr.isValid(), gr.next(), gr.insert(), typeof gr.a];"
    assert acme.run(script) == [False, False, None, "undefined"]


def test_a_record_does_not_become_json(acme: Caller) -> None:
    assert acme.run(
        "var gr = new GlideRecord('sys_alias'); gr.get('name', 'Qualtrics'); return {record: gr, element: gr.name};"
    ) == {
        "record": {},
        "element": {},
    }


@pytest.mark.parametrize(
    ("write", "encrypted"),
    [("gr.client_secret.setDisplayValue('hush')", True), ("gr.setDisplayValue('client_secret', 'hush')", True)],
)
def test_a_display_value_is_encrypted(acme: Caller, write: str, encrypted: bool) -> None:
    registry(acme)
    script = f"""
      var gr = new GlideRecord('oauth_entity');
      gr.get('name', 'Reg');
      {write};
      gr.update();
      gr.get('name', 'Reg');
      var open = new GlideEncrypter().decrypt(gr.getValue('client_secret'));
      return [gr.getValue('client_secret') === 'hush', gr.client_secret.getDecryptedValue(), gr.client_secret.getDisplayValue(), open];"""
    assert acme.run(script) == [False, "hush", "********", "hush"]


@pytest.mark.parametrize(("switch", "kept"), [("mangled", False), ("clear", True), ("encrypted", True)])
def test_an_actual_value_of_a_secret_is_not_what_was_meant(acme: Caller, switch: str, kept: bool) -> None:
    acme.behaviour["servicenow.password2_plain_write"] = switch
    registry(acme)
    script = """
      var gr = new GlideRecord('oauth_entity');
      gr.get('name', 'Reg');
      gr.client_secret = 'hush';
      gr.update();
      return gr.client_secret.getDecryptedValue() === 'hush';"""
    assert acme.run(script) is kept


# GlideRecordSecure


def test_a_secure_record_is_held_to_the_roles(acme: Caller) -> None:
    script = """
      function look(kind) {
        var gr = new kind('sys_alias');
        gr.query();
        return gr.getRowCount();
      }
      var gr = new GlideRecordSecure('oauth_entity');
      gr.name = 'Mine';
      return {plain: look(GlideRecord), secure: look(GlideRecordSecure), made: gr.insert(), can: gr.canCreate(), role: gs.hasRole('admin')};"""
    path = acme.install(script)
    assert acme.send("POST", path).result["secure"] == 2
    acme.headers = basic("itil.user", "sandbox-Password-2")
    assert acme.send("POST", path).result == {"plain": 2, "secure": 0, "made": None, "can": False, "role": False}


def test_a_denied_column_keeps_its_value_without_a_word() -> None:
    acme = Caller(changes={"denied_fields": {"oauth_entity": ["token_url"]}})
    registry(acme)
    script = """
      var gr = new GlideRecordSecure('oauth_entity');
      gr.get('name', 'Reg');
      gr.client_id = 'new';
      gr.token_url = 'https://new.example';
      return [gr.token_url.canWrite(), gr.update() !== null];"""
    assert acme.run(script) == [False, True]
    (row,) = acme.stored("oauth_entity", name="Reg")
    assert (row["client_id"], row["token_url"]) == ("new", "")


# gs and the helpers


def test_who_runs_the_script(acme: Caller) -> None:
    user = acme.stored("sys_user", user_name="spoke.setup")[0]["sys_id"]
    script = "return [gs.getUserName(), gs.getUserID(), gs.getUser().getName(), gs.hasRole('nonsense'), gs.hasRole(['itil', 'x'])];"
    # admin has every role
    assert acme.run(script) == ["spoke.setup", user, "spoke.setup", True, True]


def test_properties(acme: Caller) -> None:
    script = "return [gs.getProperty('instance_name'), gs.getProperty('none'), gs.getProperty('none', 'x'), gs.nil(' '), gs.nil('a')];"
    assert acme.run(script) == ["acmedev", None, "x", True, False]


def test_the_log(acme: Caller) -> None:
    acme.run("gs.info('{0} and {1}, {2}', 'a', 1); gs.warn('w'); gs.error('e'); gs.debug('d');")
    lines = acme.farm.log("acmedev")
    assert [(line["level"], line["message"]) for line in lines] == [
        ("info", "a and 1, {2}"),
        ("warn", "w"),
        ("error", "e"),
        ("debug", "d"),
    ]


def test_message_authentication_codes(acme: Caller) -> None:
    script = """
      var key = GlideStringUtil.base64Encode(request.body.data.key), data = request.body.data.data;
      var codes = [new GlideCertificateEncryption().generateMac(key, 'HmacSHA256', data), CertificateEncryption.generateMac(key, 'HmacSHA256', data)];
      return codes.concat([new GlideDigest().getSHA256Hex(data)]);"""
    code = hmac.digest(b"a key", "dätä".encode(), "sha256")
    text = base64.b64encode(code).decode()
    assert acme.run(script, {"key": "a key", "data": "dätä"}) == [
        text,
        text,
        hashlib.sha256("dätä".encode()).hexdigest(),
    ]


def test_a_key_that_is_no_base64_is_refused(acme: Caller) -> None:
    script = "try { return new GlideCertificateEncryption().generateMac('no base64!', 'HmacSHA256', 'd'); } catch (error) { return '' + error; }"
    assert "IllegalArgumentException" in acme.run(script)


def test_times(acme: Caller) -> None:
    script = """
      var early = new GlideDateTime('2026-01-02 03:04:05'), now = new GlideDateTime();
      return [early.getValue(), early.getDisplayValue(), early.getNumericValue(), early.before(now), now.compareTo(early), new GlideDateTime('x').isValid()];"""
    assert acme.run(script) == ["2026-01-02 03:04:05", "2026-01-01 19:04:05", 1767323045000, True, 1, False]
