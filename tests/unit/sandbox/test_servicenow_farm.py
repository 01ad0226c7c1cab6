# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""The farm: instances, seeds, edits by hand, batches, and many callers at once."""

from __future__ import annotations

import base64
import json
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from sandbox.servicenow import SWITCHES, Farm
from sandbox.servicenow.caller import Caller
from sandbox.web import Clock


@pytest.fixture
def acme() -> Caller:
    return Caller()


def test_every_sub_domain_is_an_instance_and_nothing_else_is(acme: Caller) -> None:
    farm = acme.farm
    assert farm.site("ACMEDEV.service-now.com") is farm.site("acmedev.service-now.com:443") is farm.instance("acmedev")
    for host in (
        "service-now.com",
        "a.b.service-now.com",
        "acme.example.invalid",
        "acme.service-now.com.example.invalid",
        ".service-now.com",
    ):
        assert farm.site(host) is None


@pytest.mark.parametrize(
    ("name", "is_production"), [("acmedev", "false"), ("acmetest", "false"), ("acmeprod", "true"), ("new1234", "false")]
)
def test_instances_know_their_name_and_purpose(name: str, is_production: str) -> None:
    acme = Caller(name)
    assert acme.names("sys_properties", "name=instance_name", "value") == [name]
    assert acme.names("sys_properties", "name=glide.installation.production", "value") == [is_production]
    assert sorted(acme.names("sys_alias", "type=connection", "id")) == [
        "sn_qualtrics_spoke.Qualtrics",
        "x_acme_tickets.Acme_Tickets",
    ]


def test_instances_share_what_is_shipped_and_nothing_that_is_written(acme: Caller) -> None:
    alias = acme.stored("sys_alias", name="Qualtrics")[0]["sys_id"]
    user = acme.stored("sys_user", user_name="spoke.setup")[0]["sys_id"]
    acme.table("PATCH", "sys_alias", alias, {"description": "changed"})
    acme.farm.put_record(
        "acmedev", "sys_db_object", acme.stored("sys_db_object", name="sys_alias")[0]["sys_id"], {"label": "changed"}
    )
    acme.name = "acmetest"
    assert acme.stored("sys_alias", name="Qualtrics")[0]["sys_id"] == alias
    assert acme.stored("sys_alias", name="Qualtrics")[0]["description"] == ""
    assert acme.stored("sys_db_object", name="sys_alias")[0]["label"] != "changed"
    assert acme.stored("sys_user", user_name="spoke.setup")[0]["sys_id"] != user


def test_a_seed_can_say_little() -> None:
    farm = Farm({}, {}, Clock())
    assert farm.records("any", "sys_user") == []
    assert [row["name"] for row in farm.records("any", "sys_properties")] == ["instance_name"]


def test_seeded_records_have_the_sys_ids_they_had_last_time() -> None:
    changes = {"records": {"http_connection": [{"name": "by hand", "connection_url": "https://x.invalid"}]}}
    ids = {row["sys_id"] for _attempt in range(2) for row in Caller(changes=changes).stored("http_connection")}
    assert len(ids) == 1


def test_edits_by_hand_are_past_every_rule(acme: Caller) -> None:
    alias = acme.stored("sys_alias", name="Qualtrics")[0]["sys_id"]
    for number in range(2):
        values = {"name": "same", "connection_alias": alias, "active": True, "sys_created_on": "2020-01-01 00:00:00"}
        acme.farm.put_record("acmedev", "http_connection", f"{number:032}", values)
    rows = acme.stored("http_connection")
    assert [(row["name"], row["active"], row["order"], row["sys_created_on"]) for row in rows] == [
        ("same", "true", "100", "2020-01-01 00:00:00")
    ] * 2
    acme.farm.put_record("acmedev", "sys_connection", "0" * 32, {"name": "other"})
    assert acme.stored("http_connection", sys_id="0" * 32)[0]["name"] == "other"
    assert acme.farm.delete_record("acmedev", "http_connection", "0" * 32) is True
    assert acme.farm.delete_record("acmedev", "http_connection", "0" * 32) is False
    assert len(acme.stored("http_connection")) == 1


def test_edits_by_hand_know_tables_and_columns(acme: Caller) -> None:
    with pytest.raises(ValueError, match="no table nope"):
        acme.farm.records("acmedev", "nope")
    with pytest.raises(ValueError, match="no column bunk"):
        acme.farm.put_record("acmedev", "sys_alias", "0" * 32, {"bunk": "x"})
    with pytest.raises(ValueError, match="no table nope"):
        acme.farm.delete_record("acmedev", "nope", "0" * 32)


def test_switches_take_effect_at_the_next_request(acme: Caller) -> None:
    assert all(name.startswith("servicenow.") and len(values) > 1 for name, values in SWITCHES.items())
    assert acme.send("GET", "/api/nope").status == 400
    acme.behaviour["servicenow.unknown_path_status"] = 404
    assert acme.send("GET", "/api/nope").status == 404


# Batches


def item(number: int, method: str, url: str, body: object = None, **more: object) -> dict[str, object]:
    encoded = {} if body is None else {"body": base64.b64encode(json.dumps(body).encode()).decode()}
    return {
        "id": str(number),
        "method": method,
        "url": url,
        "headers": [{"name": "Accept", "value": "application/json"}],
        **encoded,
        **more,
    }


def test_a_batch_answers_each_item_and_rolls_nothing_back(acme: Caller) -> None:
    items = [
        item(1, "POST", "/api/now/table/http_connection", {"name": "one"}),
        item(2, "GET", "/api/now/table/http_connection?sysparm_fields=name"),
        item(3, "GET", "/api/now/table/nope", exclude_response_headers=True),
    ]
    body = json.dumps({"batch_request_id": 7, "rest_requests": items}).encode()
    answer = acme.send("POST", "/api/now/v1/batch", body=body)
    assert answer.status == 200
    assert (answer.document["batch_request_id"], answer.document["unserviced_requests"]) == ("7", [])
    one, two, three = answer.document["serviced_requests"]
    assert [part["status_code"] for part in (one, two, three)] == [201, 200, 400]
    assert json.loads(base64.b64decode(two["body"])) == {"result": [{"name": "one"}]}
    assert {"name": "X-Total-Count", "value": "1"} in two["headers"] and "headers" not in three
    assert len(acme.stored("http_connection")) == 1


@pytest.mark.parametrize("body", [b"", b"[]", b'{"rest_requests": [1]}', b'{"rest_requests": [{"url": "/x"}]}'])
def test_a_broken_batch_is_refused(acme: Caller, body: bytes) -> None:
    assert acme.send("POST", "/api/now/v1/batch", body=body).status == 400


def test_a_batch_needs_a_login(acme: Caller) -> None:
    assert acme.send("POST", "/api/now/v1/batch", body=b"{}", headers={}).status == 401


# Load


def test_one_of_many_racing_inserts_wins(acme: Caller) -> None:
    with ThreadPoolExecutor(8) as pool:
        body = {"name": "one", "sys_id": "f" * 32}
        statuses = list(pool.map(lambda _: acme.table("POST", "oauth_entity", body=body).status, range(40)))
    assert sorted(statuses) == [201] + [403] * 39
    assert len(acme.stored("oauth_entity", name="one")) == 1


def test_instances_and_reads_are_cheap(acme: Caller) -> None:
    acme.farm.instance("warm")
    started = time.process_time()
    for number in range(10):
        acme.farm.instance(f"cold{number}")
    assert (time.process_time() - started) / 10 < 0.05
    started = time.process_time()
    for _attempt in range(50):
        acme.table("GET", "sys_properties", query="name=instance_name", fields="sys_id,name,value")
    assert (time.process_time() - started) / 50 < 0.002
