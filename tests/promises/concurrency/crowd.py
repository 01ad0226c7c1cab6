# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""``make crowd``: the setup playbook on 200 instances with 20 forks, each instance limiting the rate of requests; twice.

Every instance answers its first round of reads and then refuses three requests with 429 and a Retry-After of a second
(servicenow-rest 4).
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[3]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT), str(ROOT / "collections")]

import yaml  # noqa: E402
from support import API_TOKEN, CLIENT_ID, CLIENT_SECRET, PASSWORD, ROOT, Play, ansible_playbook  # noqa: E402

from sandbox import Sandbox  # noqa: E402
from tools import link_collection  # noqa: E402

SETUP = "snow_ops.spokes.qualtrics_setup"
REFUSALS, RETRY_AFTER_SECONDS = 3, 1


def write_inventory(folder: Path, names: list[str], **logins: dict[str, str | None]) -> Path:
    """An inventory of instances called ``names``, all with the same Qualtrics account; ``logins`` are those that differ, by name."""
    variables: dict[str, Any] = {
        "ansible_connection": "local",
        "ansible_python_interpreter": "{{ ansible_playbook_python }}",
        "qualtrics_spoke_instance": {
            "host": "https://{{ inventory_hostname }}.service-now.com",
            "username": "spoke.setup",
            "password": PASSWORD,
            "timeout": 10,
        },
        "qualtrics_spoke_api_token": API_TOKEN,
        "qualtrics_spoke_client_id": CLIENT_ID,
        "qualtrics_spoke_client_secret": CLIENT_SECRET,
    }
    common = variables["qualtrics_spoke_instance"]
    hosts = {
        name: {"qualtrics_spoke_instance": {**common, **logins[name]}} if name in logins else None for name in names
    }
    path = folder / "crowd.yml"
    path.write_text(yaml.safe_dump({"servicenow": {"hosts": hosts, "vars": variables}}))
    return path


def limit_rates(sandbox: Sandbox, names: list[str]) -> None:
    """Have every instance refuse requests for a while: whole ones, a batch or a write, and not the reads within a batch."""
    for name in names:
        host = f"{name}.service-now.com"
        sandbox.control.fault(
            "rate_limited", host=host, method="POST", skip=1, times=REFUSALS, retry_after=RETRY_AFTER_SECONDS
        )


def play(sandbox: Sandbox, folder: Path, inventory: Path, forks: int, seconds: float = 180) -> Play:
    """Run the setup playbook on all of them."""
    settings = {"ANSIBLE_COLLECTIONS_PATH": str(ROOT / "collections")}
    return ansible_playbook(
        sandbox.environment, folder, SETUP, "-i", str(inventory), "-f", str(forks), settings=settings, seconds=seconds
    )


def duplicates(sandbox: Sandbox, names: list[str]) -> list[str]:
    """The instances on which there is not exactly one of each record."""
    wrong = []
    for name in names:
        for table in ("http_connection", "oauth_2_0_credentials", "oauth_entity_profile", "sys_variable_value"):
            if len(sandbox.control.records(name, table)) != 1:
                wrong.append(f"{name}: {table}")
    return wrong


def main() -> int:
    """The exit status: 0 if no host failed, nothing is there twice and the second run changed nothing."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--instances", type=int, default=200)
    parser.add_argument("--forks", type=int, default=20)
    arguments = parser.parse_args()
    if arguments.instances < 1:
        parser.error("--instances has to be at least 1")
    link_collection.main()
    names = [f"crowd{number:03}" for number in range(arguments.instances)]
    with Sandbox() as sandbox, tempfile.TemporaryDirectory() as text:
        folder = Path(text)
        inventory = write_inventory(folder, names)
        good = True
        for run in ("first", "second"):
            sandbox.control.clear_faults()
            sandbox.control.clear_requests()
            limit_rates(sandbox, names)
            started = time.monotonic()
            done = play(sandbox, folder, inventory, arguments.forks, 3600)
            log = sandbox.control.requests()
            statuses = Counter(entry["status"] for entry in log)
            failed = sum(stats["failures"] + stats["unreachable"] > 0 for stats in done.stats.values())
            changed = sum(stats["changed"] for stats in done.stats.values())
            print(
                f"{run} run: {len(done.stats)} instances, {failed} failed, {changed} changes, {len(log)} requests on "
                f"{len({entry['connection'] for entry in log})} connections, {statuses[429]} refused with 429, {time.monotonic() - started:.0f} s",
                flush=True,
            )
            if len(done.stats) < len(names):
                print((done.stdout + done.stderr)[-2000:])
            good = (
                good
                and not failed
                and len(done.stats) == len(names)
                and changed == (len(names) if run == "first" else 0)
            )
        wrong = duplicates(sandbox, names)
        print(
            f"{len(wrong)} instances with missing or superfluous records"
            + "".join(f"\n  {entry}" for entry in wrong[:20])
        )
    return 0 if good and not wrong else 1


if __name__ == "__main__":
    sys.exit(main())
