# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""Encrypted columns: what is stored, what is read back, and how a write goes wrong without the flag."""

from __future__ import annotations

import base64

import pytest

from sandbox.servicenow.caller import Caller

SECRET = "sandbox-Secret-fake-1"
COLUMNS = [
    ("oauth_entity", "client_secret", {"type": "client"}),
    ("basic_auth_credentials", "password", {}),
    ("api_key_credentials", "api_key", {}),
    ("sys_properties", "value", {"type": "password2"}),
    ("sys_properties", "value", {"type": "password"}),
]


@pytest.fixture
def acme() -> Caller:
    return Caller()


@pytest.mark.parametrize(("table", "column", "others"), COLUMNS)
def test_a_display_value_is_encrypted_and_read_back_as_ciphertext(
    acme: Caller, table: str, column: str, others: dict
) -> None:
    ciphertexts = set()
    for name in ("one", "two"):
        sys_id = acme.insert(table, name=name, **others)
        answer = acme.table("PATCH", table, sys_id, {column: SECRET}, input_display_value="true")
        assert answer.status == 200 and SECRET not in answer.body.decode()
        ciphertext = acme.read(table, sys_id)[column]
        assert len(ciphertext) >= 106 and ciphertext == acme.read(table, sys_id)[column]
        assert acme.stored(table, sys_id=sys_id)[0][column] == SECRET
        assert acme.stored(table, plain=False, sys_id=sys_id)[0][column] == ciphertext
        ciphertexts.add(ciphertext)
    assert len(ciphertexts) == 2


@pytest.mark.parametrize(
    ("behaviour", "is_usable", "is_clear"), [(None, False, False), ("clear", True, True), ("encrypted", True, False)]
)
@pytest.mark.parametrize(("table", "column", "others"), COLUMNS[:4])
def test_an_actual_value_is_not(
    acme: Caller, table: str, column: str, others: dict, behaviour: str | None, is_usable: bool, is_clear: bool
) -> None:
    if behaviour:
        acme.behaviour["servicenow.password2_plain_write"] = behaviour
    sys_id = acme.insert(table, name="one", **others, **{column: SECRET})
    read = acme.read(table, sys_id)[column]
    assert (read == SECRET) is is_clear and (is_clear or len(read) >= 106)
    assert (acme.stored(table, sys_id=sys_id)[0][column] == SECRET) is is_usable


def test_a_ciphertext_written_back_stays_what_it_is(acme: Caller) -> None:
    sys_id = acme.insert("oauth_entity", name="one")
    acme.table("PATCH", "oauth_entity", sys_id, {"client_secret": SECRET}, input_display_value="true")
    before = acme.read("oauth_entity", sys_id)
    assert acme.table("PATCH", "oauth_entity", sys_id, {"client_secret": before["client_secret"]}).status == 200
    assert acme.read("oauth_entity", sys_id) == before
    # As a display value it is a text like any other, encrypted once more.
    acme.table("PATCH", "oauth_entity", sys_id, {"client_secret": before["client_secret"]}, input_display_value="true")
    assert acme.stored("oauth_entity", sys_id=sys_id)[0]["client_secret"] == before["client_secret"]


def test_no_instance_reads_the_ciphertext_of_another(acme: Caller) -> None:
    sys_id = acme.insert("oauth_entity", name="one")
    acme.table("PATCH", "oauth_entity", sys_id, {"client_secret": SECRET}, input_display_value="true")
    ciphertext = acme.read("oauth_entity", sys_id)["client_secret"]
    acme.name = "acmetest"
    copy = acme.insert("oauth_entity", name="clone", client_secret=ciphertext)
    assert acme.stored("oauth_entity", sys_id=copy)[0]["client_secret"] not in (SECRET, ciphertext)


def test_secrets_can_be_cleared(acme: Caller) -> None:
    sys_id = acme.insert("oauth_entity", name="one")
    acme.table("PATCH", "oauth_entity", sys_id, {"client_secret": SECRET}, input_display_value="true")
    acme.table("PATCH", "oauth_entity", sys_id, {"client_secret": ""})
    assert acme.read("oauth_entity", sys_id)["client_secret"] == ""


def test_display_values_mask_secrets(acme: Caller) -> None:
    sys_id = acme.insert("oauth_entity", name="one", client_secret=SECRET)
    assert acme.table("GET", "oauth_entity", sys_id, fields="client_secret", display_value="true").result == {
        "client_secret": "********"
    }


def test_attribute_values_are_stored_as_sent_even_where_they_should_be_encrypted(acme: Caller) -> None:
    alias = acme.stored("sys_alias", name="Qualtrics")[0]["sys_id"]
    variable = acme.insert(
        "connection_attributes", element="key", column_label="Key", internal_type="password2", model=alias
    )
    sys_id = acme.insert("http_connection", name="one")
    for params in ({}, {"input_display_value": "true"}):
        body = {"document": "http_connection", "document_key": sys_id, "value": SECRET}
        value = acme.table("POST", "sys_variable_value", body=body, **params).result["sys_id"]
        acme.table("PATCH", "sys_variable_value", value, {"variable": variable, "value": SECRET})
        assert acme.read("sys_variable_value", value)["value"] == SECRET


def test_edits_by_hand_encrypt_as_a_form_does(acme: Caller) -> None:
    alias = acme.stored("sys_alias", name="Qualtrics")[0]["sys_id"]
    put = acme.farm.put_record
    put("acmedev", "connection_attributes", "a" * 32, {"element": "key", "internal_type": "password2", "model": alias})
    put("acmedev", "sys_variable_value", "b" * 32, {"variable": "a" * 32, "value": SECRET})
    put("acmedev", "oauth_entity", "c" * 32, {"name": "one", "client_secret": SECRET})
    put("acmedev", "sys_properties", "d" * 32, {"name": "p", "type": "password2", "value": SECRET})
    for table, sys_id, column in (
        ("sys_variable_value", "b", "value"),
        ("oauth_entity", "c", "client_secret"),
        ("sys_properties", "d", "value"),
    ):
        assert len(acme.read(table, sys_id * 32)[column]) >= 106
        assert acme.stored(table, sys_id=sys_id * 32)[0][column] == SECRET


def test_a_user_whose_password_was_not_hashed_cannot_log_in(acme: Caller) -> None:
    def status(user_name: str) -> int:
        login = {"authorization": "Basic " + base64.b64encode(f"{user_name}:{SECRET}".encode()).decode()}
        return acme.send("GET", "/api/now/table/sys_user", headers=login).status

    acme.insert("sys_user", user_name="verbatim", user_password=SECRET)
    hashed = acme.insert("sys_user", user_name="hashed")
    acme.table("PATCH", "sys_user", hashed, {"user_password": SECRET}, input_display_value="true")
    assert (status("verbatim"), status("hashed")) == (401, 200)
