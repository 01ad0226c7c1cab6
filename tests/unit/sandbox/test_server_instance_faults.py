# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""Faults that are an instance's own doing: an old state that is read, tokens that come to their end."""

from __future__ import annotations

import requests
from connections import session_to

from sandbox import Sandbox

TABLE = "https://acmedev.service-now.com/api/now/table/sys_properties"
CLIENT = {
    "client_id": "0b6e3a7c4d5f4e0f8a1b2c3d4e5ffa4e",
    "client_secret": "sandbox-Client-Secret-1",
    "grant_type": "client_credentials",
}


def value(session: requests.Session, sys_id: str) -> str | None:
    answer = session.get(f"{TABLE}/{sys_id}", timeout=10)
    return answer.json()["result"]["value"] if answer.status_code == 200 else None


def test_a_stale_read_shows_the_state_before_the_last_write_once(sandbox: Sandbox) -> None:
    with session_to(sandbox) as session:
        sys_id = session.post(TABLE, json={"name": "x.stale", "value": "1"}, timeout=10).json()["result"]["sys_id"]
        sandbox.control.fault("stale_read", method="GET")
        assert [value(session, sys_id), value(session, sys_id)] == [None, "1"]
        session.patch(f"{TABLE}/{sys_id}", json={"value": "2"}, timeout=10)
        sandbox.control.clear_faults()
        sandbox.control.fault("stale_read", method="GET", times=2)
        assert [value(session, sys_id) for _attempt in range(3)] == ["1", "1", "2"]


def test_tokens_end_when_the_request_comes(sandbox: Sandbox) -> None:
    with session_to(sandbox) as session:
        session.auth = None
        answer = session.post("https://acmedev.service-now.com/oauth_token.do", data=CLIENT, timeout=10).json()
        session.headers["Authorization"] = f"Bearer {answer['access_token']}"
        assert session.get(TABLE, timeout=10).status_code == 200
        sandbox.control.fault("token_expiry")
        assert [session.get(TABLE, timeout=10).status_code for _attempt in range(2)] == [401, 401]
