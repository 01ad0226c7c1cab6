# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""Both ways of running a module, in the controller's worker and as a process of its own, give the same result."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from connections import endpoint_api
from support import (
    API_TOKEN,
    CLIENT_ID,
    CLIENT_SECRET,
    DIRECTORY,
    PASSWORD,
    PROPERTY,
    ROOT,
    ansible_playbook,
    leaks,
    login,
    other_python,
    qualtrics_connection,
    set_up,
)

from sandbox import Sandbox

# What ansible-core itself adds to the result of a module process, and of a failed action.
ADDED_BY_ANSIBLE = (
    "_ansible_no_log",
    "_ansible_parsed",
    "ansible_facts",
    "exception",
    "invocation",
    "warnings",
    "deprecations",
)
SECRETS = (
    PASSWORD,
    API_TOKEN,
    CLIENT_SECRET,
    "sandbox-wrong-secret",
    "sandbox-wrong-password",
    "sandboxUnknownToken",
    "sandbox-secret-value",
)
COLLECTION = {"ANSIBLE_COLLECTIONS_PATH": str(ROOT / "collections")}
CLIENT = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "datacenter_id": "fra1", "api_token": API_TOKEN}
WITHOUT_LOGIN = {"host": "https://acmedev.service-now.com"}
TASKS: list[tuple[str, dict[str, Any]]] = [
    ("qualtrics_account_info", {"api_token": API_TOKEN}),
    ("qualtrics_account_info", {"api_token": "sandboxUnknownToken"}),
    ("qualtrics_account_info", {"api_token": API_TOKEN, "nonsense": 1}),
    ("qualtrics_oauth_client", CLIENT),
    ("qualtrics_oauth_client", {**CLIENT, "client_secret": "sandbox-wrong-secret"}),
    ("qualtrics_oauth_client", {"organization_id": "acme"}),
    ("snow_spoke_info", {"instance": login(), "scope": "sn_qualtrics_spoke", "properties": [PROPERTY]}),
    ("snow_spoke_info", {"instance": login()}),
    ("snow_sys_property", {"instance": login(), "name": PROPERTY, "value": DIRECTORY}),
    (
        "snow_sys_property",
        {"instance": login(), "name": PROPERTY, "value": DIRECTORY, "secret_value": "sandbox-secret-value"},
    ),
    ("snow_sys_property", {"instance": login(), "name": "no.such.property", "value": "1"}),
    ("snow_sys_property", {"instance": WITHOUT_LOGIN, "name": PROPERTY, "value": "1"}),
    (
        "snow_sys_property",
        {"instance": {**login(), "password": "sandbox-wrong-password"}, "name": PROPERTY, "value": "1"},
    ),
    ("snow_connection_alias", qualtrics_connection()),
    ("snow_connection_alias", qualtrics_connection()),
    ("snow_connection_alias", {**qualtrics_connection(), "state": "upside down"}),
    ("snow_connection_alias", {"instance": login(), "scope": "sn_qualtrics_spoke", "state": "absent"}),
    ("snow_scripted_rest_api", endpoint_api()),
    ("snow_scripted_rest_api", {**endpoint_api(), "service_id": "no / id"}),
    ("snow_connection_alias", qualtrics_connection(route="endpoint", get_token=True, test_path="/directories")),
    ("snow_connection_alias", qualtrics_connection(route="endpoint", get_token=True, test_path="/directories")),
    ("snow_connection_alias", qualtrics_connection(route="endpoint", test_path="/no/such/thing")),
    (
        "snow_connection_alias",
        {"instance": login(), "scope": "sn_qualtrics_spoke", "state": "absent", "route": "endpoint"},
    ),
    ("snow_scripted_rest_api", {"instance": login(), "service_id": "spoke_connection_setup", "state": "absent"}),
    ("snow_store_app", {"instance": login(), "scope": "sn_qualtrics_spoke", "version": "1.1.0"}),
    ("snow_store_app", {"instance": login(), "scope": "no scope"}),
    # Its output is not hidden.
    ("qualtrics_api_token", CLIENT),
    ("snow_probe", {"instance": login()}),
    ("qualtrics_probe", {**CLIENT, "probe_wrong_client": True}),
    ("qualtrics_oauth_client", {**CLIENT, "read_account": True}),
    ("qualtrics_oauth_client", {**CLIENT, "read_account": True, "client_secret": "sandbox-wrong-secret"}),
    ("qualtrics_spoke", set_up(route="records")),
    ("qualtrics_spoke", set_up(route="records")),
    ("qualtrics_spoke", set_up(route="records", client_secret="sandbox-wrong-secret")),
    ("qualtrics_spoke", set_up("acmetest", route="records", api_token="", datacenter_id="fra1")),
]


def run_tasks(
    sandbox: Sandbox, folder: Path, interpreter: str, verbosity: str, check: bool
) -> tuple[list[dict[str, Any]], str]:
    """Every one of TASKS on a fresh sandbox, all in one play."""
    sandbox.control.reset()
    tasks = [
        {"name": str(number), f"snow_ops.spokes.{module}": options, "ignore_errors": True}
        for number, (module, options) in enumerate(TASKS)
    ]
    play = [{"hosts": "all", "gather_facts": False, "tasks": tasks}]
    playbook = folder / "play.yml"
    # As in real playbooks the secrets are variables: Ansible itself shows a failed task's source.
    text = yaml.safe_dump(play, width=10000)
    for number, secret in enumerate(SECRETS):
        text = text.replace(secret, f"'{{{{ secret_{number} }}}}'")
    playbook.write_text(text)
    (folder / "secrets.yml").write_text(
        yaml.safe_dump({f"secret_{number}": secret for number, secret in enumerate(SECRETS)})
    )
    inventory = folder / "hosts.yml"
    host = {"ansible_connection": "local", "ansible_python_interpreter": interpreter}
    inventory.write_text(yaml.safe_dump({"all": {"hosts": {"here": host}}}))
    arguments = [
        str(playbook),
        "-i",
        str(inventory),
        "-e",
        f"@{folder}/secrets.yml",
        "--diff",
        verbosity,
        *(["--check"] if check else []),
    ]
    done = ansible_playbook(sandbox.environment, folder, *arguments)
    assert len(done.results) == len(TASKS), done.stdout + done.stderr
    return [entry["result"] for entry in done.results], done.stdout + done.stderr


def comparable(result: dict[str, Any]) -> dict[str, Any]:
    """A result without what Ansible adds and without what differs between any two runs: request ids, the platform's own sys_ids."""
    text = json.dumps({key: value for key, value in result.items() if key not in ADDED_BY_ANSIBLE})
    if result.get("route") == "endpoint":
        # The form's builder chooses all sys_ids, and tokens expire by the clock.
        text = re.sub(r"\b[0-9a-f]{32}\b|[0-9-]{10} [0-9:]{8}", "(varies)", text)
    kept = json.loads(text)
    if "error" in kept:
        kept["msg"] = kept["msg"].replace(kept["error"].pop("request_id"), "")
    for step in [*kept.get("records", []), *kept.get("connection", {}).get("records", [])]:
        if step["role"] == "profile":
            step["sys_id"] = None
            step["before"].pop("sys_id", None)
    diffs = (kept.get("diff"), kept.get("connection", {}).get("diff"))
    for entry in [entry for diff in diffs if isinstance(diff, list) for entry in diff]:
        if "(profile)" in entry["before_header"] and entry["before"]:
            entry["before"].pop("sys_id", None)
    return kept


@pytest.mark.sampled
@pytest.mark.parametrize("check", [False, True])
def test_both_paths_give_equal_results_and_no_secret(sandbox: Sandbox, tmp_path: Path, check: bool) -> None:
    fast_folder, module_folder = tmp_path / "fast", tmp_path / "module"
    fast_folder.mkdir()
    module_folder.mkdir()
    fast, fast_output = run_tasks(sandbox, fast_folder, "{{ ansible_playbook_python }}", "-vvvv", check)
    module, module_output = run_tasks(sandbox, module_folder, str(other_python(module_folder)), "-vvvv", check)
    assert "AnsiballZ" not in fast_output
    assert "AnsiballZ" in module_output
    for number, (one, two) in enumerate(zip(fast, module, strict=True)):
        assert comparable(one) == comparable(two), TASKS[number]
        assert one.get("invocation") == two.get("invocation"), TASKS[number]
    failed = [number for number, result in enumerate(fast) if result["failed"]]
    # In check mode the setup endpoint is not there to be used.
    assert failed == [1, 2, 4, 5, 7, 9, 10, 11, 12, 15, *([18, 19, 20, 21, 22] if check else [18, 21]), 25, 26, 30, 33]
    for output in (fast_output, module_output):
        assert leaks(output, SECRETS) == []


def test_the_environment_keyword_and_module_defaults_work_on_both_paths(sandbox: Sandbox, tmp_path: Path) -> None:
    task = {"name": "read", "snow_ops.spokes.snow_spoke_info": {"scope": "sn_qualtrics_spoke"}}
    play = {
        "hosts": "all",
        "gather_facts": False,
        "module_defaults": {"group/snow_ops.spokes.spokes": {"instance": {"username": "spoke.setup"}}},
        "environment": {"SN_HOST": "acmetest", "SN_PASSWORD": login()["password"]},
        "tasks": [task],
    }
    playbook = tmp_path / "play.yml"
    playbook.write_text(yaml.safe_dump([play]))
    inventory = tmp_path / "hosts.yml"
    interpreters = {"fast": "{{ ansible_playbook_python }}", "module": str(other_python(tmp_path))}
    hosts = {
        name: {"ansible_connection": "local", "ansible_python_interpreter": value}
        for name, value in interpreters.items()
    }
    inventory.write_text(yaml.safe_dump({"all": {"hosts": hosts}}))
    done = ansible_playbook(sandbox.environment, tmp_path, str(playbook), "-i", str(inventory))
    assert done.returncode == 0, done.stdout + done.stderr
    for name in interpreters:
        assert done.result("read", name)["instance"]["host"] == "acmetest.service-now.com"


def test_a_role_warns_and_fails_once_on_both_paths_and_in_its_own_words(sandbox: Sandbox, tmp_path: Path) -> None:
    interpreters = {"acmedev": "{{ ansible_playbook_python }}", "acmetest": str(other_python(tmp_path))}
    variables = {
        "qualtrics_spoke_api_token": API_TOKEN,
        "qualtrics_spoke_client_id": CLIENT_ID,
        "qualtrics_spoke_client_secret": CLIENT_SECRET,
        "qualtrics_spoke_connection_url": "https://other.qualtrics.com/API/v3",
    }
    setup = "snow_ops.spokes.qualtrics_setup"
    for name, interpreter in interpreters.items():
        host = {"ansible_connection": "local", "ansible_python_interpreter": interpreter}
        host["qualtrics_spoke_instance"] = login(name)
        inventory = tmp_path / f"{name}.yml"
        inventory.write_text(yaml.safe_dump({"servicenow": {"hosts": {name: {**host, **variables}}}}))
        done = ansible_playbook(sandbox.environment, tmp_path, setup, "-i", str(inventory), "-v", settings=COLLECTION)
        assert done.returncode == 0, done.stdout + done.stderr
        output = " ".join((done.stdout + done.stderr).split())
        assert output.count("[WARNING]: The Connection URL") == 1, output
        assert "Set qualtrics_spoke_connection_url to" in output
        assert "Set connection_url to" not in output
        proxy = json.dumps({"qualtrics_spoke_proxy": "http://127.0.0.1:9"})
        failed = ansible_playbook(
            sandbox.environment, tmp_path, setup, "-i", str(inventory), "-e", proxy, settings=COLLECTION
        )
        assert failed.returncode == 2
        assert "(qualtrics_spoke_proxy)" in failed.stdout
        assert "the option proxy" not in failed.stdout + failed.stderr


def test_async_is_handed_to_the_module(sandbox: Sandbox, tmp_path: Path) -> None:
    task = {
        "name": "set",
        "snow_ops.spokes.snow_sys_property": {"instance": login(), "name": PROPERTY, "value": DIRECTORY},
        "async": 30,
        "poll": 1,
    }
    playbook = tmp_path / "play.yml"
    playbook.write_text(yaml.safe_dump([{"hosts": "all", "gather_facts": False, "tasks": [task]}]))
    inventory = tmp_path / "hosts.yml"
    # The controller's own Python, by a path without the spaces that the checkout's may have: Ansible does not quote it.
    (tmp_path / "venv").symlink_to(sys.prefix)
    host = {"ansible_connection": "local", "ansible_python_interpreter": str(tmp_path / "venv" / "bin" / "python")}
    inventory.write_text(yaml.safe_dump({"all": {"hosts": {"here": host}}}))
    settings = {"ANSIBLE_ASYNC_DIR": str(tmp_path / "async")}
    done = ansible_playbook(sandbox.environment, tmp_path, str(playbook), "-i", str(inventory), settings=settings)
    assert done.returncode == 0, done.stdout + done.stderr
    result = done.result("set")
    assert (result["changed"], result["property"]["value"]) == (True, DIRECTORY)
    assert result["ansible_job_id"]
