# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""What a run without changes has to ask, without Ansible and without looking at the answers: the same calls, independent ones in parallel.

Over the records route, of the instance bench001, with requests alone: how fast a run could be at best.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlencode

import requests

INSTANCE = "https://bench001.service-now.com"
SCOPE = "sn_qualtrics_spoke"
TABLES = (
    *("sys_properties", "sys_scope", "v_plugin", "sys_alias"),
    *("http_connection", "connection_attributes", "oauth_entity", "oauth_2_0_credentials", "oauth_entity_profile"),
    *("oauth_entity_scope", "oauth_entity_profile_scope", "sys_variable_value", "oauth_credential"),
)
WHO = f"sys_scope.scope={SCOPE}"


def session() -> requests.Session:
    made = requests.Session()
    made.auth = ("spoke.setup", os.environ["BENCH_PASSWORD"])
    return made


def batch(instance: requests.Session, *tables: str) -> None:
    """One request of the Batch API with a read of each table."""
    items = [
        {
            "id": str(index),
            "method": "GET",
            "url": f"/api/now/table/{table}?{urlencode({'sysparm_limit': '10', 'sysparm_query': WHO if table == 'sys_alias' else ''})}",
            "headers": [{"name": "Accept", "value": "application/json"}],
        }
        for index, table in enumerate(tables)
    ]
    document: dict[str, Any] = {"batch_request_id": "1", "rest_requests": items}
    instance.post(f"{INSTANCE}/api/now/v1/batch", json=document, timeout=60).raise_for_status()


def ask_instance() -> None:
    """Three batches of reads and the property, each after the other, as what one asks follows from what came before."""
    instance = session()
    batch(instance, *TABLES[:4])
    batch(instance, *TABLES[3:5])
    batch(instance, *TABLES[5:])
    instance.get(f"{INSTANCE}/api/now/table/sys_properties?sysparm_limit=1", timeout=60).raise_for_status()


def ask_qualtrics() -> None:
    """Who the API token belongs to and which directories there are; a token for the client, and the same two with it."""
    key = {"X-API-TOKEN": os.environ["BENCH_API_TOKEN"]}
    fra1, acme = requests.Session(), requests.Session()
    acme.get("https://acme.qualtrics.com/API/v3/whoami", headers=key, timeout=60).raise_for_status()
    client = (os.environ["BENCH_CLIENT_ID"], os.environ["BENCH_CLIENT_SECRET"])
    form = {"grant_type": "client_credentials", "scope": "manage:all"}
    with ThreadPoolExecutor() as pool:
        listed = pool.submit(fra1.get, "https://fra1.qualtrics.com/API/v3/directories", headers=key, timeout=60)
        token = requests.post("https://fra1.qualtrics.com/oauth2/token", auth=client, data=form, timeout=60)
        bearer = {"Authorization": f"Bearer {token.json()['access_token']}"}
        who = pool.submit(acme.get, "https://acme.qualtrics.com/API/v3/whoami", headers=bearer, timeout=60)
        listed.result().raise_for_status()
        fra1.get("https://fra1.qualtrics.com/API/v3/directories", headers=bearer, timeout=60).raise_for_status()
        who.result().raise_for_status()


if __name__ == "__main__":
    with ThreadPoolExecutor() as both:
        for done in [both.submit(ask_instance), both.submit(ask_qualtrics)]:
            done.result()
