# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""``make demo``: the setup playbook on three instances of the sandbox, twice; then with the setup endpoint; and what is there in the end."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT)]

from sandbox import Sandbox  # noqa: E402
from tools import link_collection  # noqa: E402
from tools.demo.playbook import Run, play  # noqa: E402
from tools.demo.screen import Screen  # noqa: E402
from tools.demo.state import form_of  # noqa: E402

INSTANCES = ("acmedev", "acmetest", "acmeprod")
INVENTORY = ("-i", "examples/inventory", "--vault-password-file", "tools/demo/vault_password")
COMPLETE = ("-e", json.dumps({"qualtrics_spoke_require_complete": True}))
# What is sent with POST and changes nothing.
READ_PATHS = ("/oauth2/token", "/oauth_token.do", "/state", "/test")
LOG = ROOT / "build" / "demo.log"
OPENING = """\
What you are about to see talks to a sandbox, which runs in this process on loopback and ends with it: a stand-in for three ServiceNow
instances (dev, test, prod of a made-up company) and for Qualtrics. It has their tables, their APIs, their access rules and their errors
over real TLS, so that the playbooks are those that you would run on real instances. Nothing leaves this machine; every name, password
and token in it is made up."""
NEXT = """\
Run it yourself. In one terminal, start the sandbox and leave it running:

  make sandbox

In a second one, in this folder, paste the lines that it prints, and then:

  export ANSIBLE_COLLECTIONS_PATH="$PWD/collections"
  .venv/bin/ansible-playbook snow_ops.spokes.qualtrics_setup -i examples/inventory --vault-password-file tools/demo/vault_password --check --diff

Every command that is printed above works there as well. What the sandbox was asked, and what a table of an instance holds:

  curl -s --noproxy '*' "$SANDBOX_CONTROL/requests"
  curl -s --noproxy '*' "$SANDBOX_CONTROL/instances/acmedev/tables/http_connection"

For your own instances start from examples/inventory; the README says how."""


@dataclass
class Chapter:
    """One playbook of the demo, and what came of it."""

    name: str
    run: Run
    requests: dict[str, int]
    writes: dict[str, int]


def main() -> int:
    """The exit status: 0 only if every run succeeded and the second changed nothing."""
    started = time.monotonic()
    link_collection.main()
    with Screen(LOG) as screen, Sandbox() as sandbox:
        screen.heading("Set up the Qualtrics spoke of ServiceNow, from a playbook")
        screen.say(
            OPENING,
            "",
            f"Everything that Ansible prints goes to {LOG.relative_to(ROOT)}; here you see one line for each instance.",
        )
        demo = Demo(screen, sandbox)
        first = demo.chapter("Set up", "1. Set up dev, test and prod", "qualtrics_setup", "--diff")
        demo.show_diff(first)
        second = demo.chapter(
            "Set up again", "2. The same playbook again: nothing is left to change", "qualtrics_setup"
        )
        installed = demo.chapter(
            "Install the endpoint",
            "3. Install the setup endpoint: a small API for what the Table API cannot do",
            "setup_endpoint",
        )
        third = demo.chapter(
            "Set up, complete",
            "4. Set up once more: the endpoint fetches the OAuth token",
            "qualtrics_setup",
            *COMPLETE,
        )
        proof = demo.chapter(
            "Verify", "5. Verify: each instance calls Qualtrics through its connection", "qualtrics_verify", *COMPLETE
        )
        chapters = (first, second, installed, third, proof)
        demo.show_state()
        ok = demo.show_summary(chapters, second)
        screen.heading("What to try next")
        screen.say(NEXT)
        screen.say("", f"All of it took {time.monotonic() - started:.0f} s. The whole output: {LOG.relative_to(ROOT)}")
    return 0 if ok else 1


class Demo:
    """Runs the chapters on a sandbox and tells of them on a screen."""

    def __init__(self, screen: Screen, sandbox: Sandbox) -> None:
        self._screen = screen
        self._sandbox = sandbox
        self._environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("SN_", "QUALTRICS_"))},
            **sandbox.environment,
            "ANSIBLE_COLLECTIONS_PATH": str(ROOT / "collections"),
            "ANSIBLE_CALLBACKS_ENABLED": "snow_ops.spokes.summary",
            "ANSIBLE_CALLBACK_RESULT_FORMAT": "yaml",
            "ANSIBLE_LOCALHOST_WARNING": "false",
            "ANSIBLE_NOCOLOR": "1",
        }

    def chapter(self, name: str, title: str, playbook: str, *options: str) -> Chapter:
        """Run a playbook of the collection and tell what it did to each instance."""
        screen = self._screen
        self._sandbox.control.clear_requests()
        command = [".venv/bin/ansible-playbook", f"snow_ops.spokes.{playbook}", *INVENTORY, *options]
        screen.heading(title)
        screen.command(command)
        run = play([sys.executable, "-m", "ansible", "playbook", *command[1:]], ROOT, self._environment, screen)
        requests = {instance: self._count(instance) for instance in INSTANCES}
        writes = {instance: self._count(instance, writes_only=True) for instance in INSTANCES}
        for instance in INSTANCES:
            counts = run.recap.get(instance)
            if counts is None:
                screen.result(instance, "did not run", good=False)
                continue
            words = (
                f"{counts['changed']} of {counts['ok']} tasks changed something"
                if counts["changed"]
                else "nothing to change"
            )
            failed = counts["failed"] + counts["unreachable"]
            words += f"; {requests[instance]} requests, {writes[instance] or 'none'} of them writes"
            screen.result(instance, words + ("; FAILED" if failed else ""), good=not failed)
        if run.summary:
            screen.say("", *run.summary)
        if run.status:
            screen.say("", "The run failed. The end of its output:", *run.lines[-40:])
        return Chapter(name, run, requests, writes)

    def _count(self, instance: str, writes_only: bool = False) -> int:
        entries = [entry for entry in self._sandbox.control.requests() if entry["host"].startswith(f"{instance}.")]
        return sum(not writes_only or is_write(entry) for entry in entries)

    def show_diff(self, chapter: Chapter) -> None:
        """Show what the run changed on the first instance."""
        name = INSTANCES[0]
        self._screen.say(
            "",
            f"What changed on {name}, as --diff shows it (a secret is never shown, only that there is a new one):",
            "",
        )
        self._screen.diff(chapter.run.diffs.get(name, ["(nothing)"]))

    def show_state(self) -> None:
        """Show the form's fields on the instances, as their records hold them."""
        self._screen.heading("What is on the instances now")
        forms = {name: form_of(self._sandbox, name) for name in INSTANCES}
        rows = []
        for label in forms[INSTANCES[0]]:
            values = [forms[name][label] or "NOT SET" for name in INSTANCES]
            shown = f"{values[0]}   (on all three)" if len(set(values)) == 1 else " | ".join(values)
            rows.append((label, shown))
        self._screen.table(("field of the Configure form", "value"), rows)

    def show_summary(self, chapters: Sequence[Chapter], second: Chapter) -> bool:
        """Show what became of each chapter; whether all is as it is to be."""
        self._screen.heading("In short")
        rows = []
        ok = not self._sandbox.world.errors
        for chapter in chapters:
            changed = sum(counts["changed"] for counts in chapter.run.recap.values())
            good = chapter.run.status == 0 and set(chapter.run.recap) == set(INSTANCES)
            if chapter is second:
                good = good and changed == 0 and not any(chapter.writes.values())
            ok = ok and good
            sums = (str(changed), str(sum(chapter.requests.values())), str(sum(chapter.writes.values())))
            rows.append((chapter.name, "ok" if good else "FAILED", *sums, f"{chapter.run.seconds:.1f} s"))
        self._screen.table(("run", "", "changes", "requests", "writes", "time"), rows)
        if self._sandbox.world.errors:
            self._screen.say("The sandbox itself failed:", *(str(error) for error in self._sandbox.world.errors))
        return ok


def is_write(entry: dict[str, Any]) -> bool:
    """Whether the request of the sandbox's log can have changed records: some are sent with POST and read, and so do batches of GETs."""
    is_read = entry["method"] in ("GET", "HEAD") or entry["path"].endswith(READ_PATHS)
    return not is_read and not (entry["items"] and all(item.startswith("GET ") for item in entry["items"]))


if __name__ == "__main__":
    sys.exit(main())
