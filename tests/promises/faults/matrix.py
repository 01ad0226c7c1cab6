# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""``make matrix``: every request of every procedure under every kind of fault, once or from then on.

After each case: either the task succeeded, or it failed with an error that says where and what to do, without a secret; and a
following undisturbed run ends in the very state that it would have reached without the fault, and one after that changes nothing.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[3]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT), str(ROOT / "collections")]

from support import leaks  # noqa: E402

from promises.faults.procedures import SECRETS, TIMEOUT_SECONDS, Procedure, procedures  # noqa: E402
from sandbox import Sandbox  # noqa: E402
from sandbox.faults import CONNECTION_KINDS  # noqa: E402
from tools import link_collection  # noqa: E402

# A kind, what else its rule says, and whether it can come before or after the request is carried out.
BOTH = ("before", "after")
KINDS: dict[str, tuple[str, dict[str, Any], tuple[str, ...]]] = {
    "refused": ("refused", {}, ("before",)),
    "tls_failure": ("tls_failure", {}, ("before",)),
    "reset": ("reset", {}, BOTH),
    "answer_lost": ("close", {}, BOTH),
    "slow": ("slow", {"seconds": 1.5 * TIMEOUT_SECONDS}, ("after",)),
    "truncated": ("truncated", {}, BOTH),
    "garbled": ("garbled", {}, BOTH),
    "hibernating": ("html", {}, BOTH),
    "login_redirect": ("login_redirect", {}, BOTH),
    "accepted_202": ("accepted_202", {}, BOTH),
    "rate_limited": ("rate_limited", {"retry_after": 0}, ("before",)),
    "rate_limited_bare": ("rate_limited", {}, ("before",)),
    "rate_limited_1h": ("rate_limited", {"retry_after": 3600}, ("before",)),
    "500": ("status", {"status": 500}, BOTH),
    "502": ("status", {"status": 502}, BOTH),
    "503": ("status", {"status": 503}, BOTH),
    "504": ("status", {"status": 504}, BOTH),
    "401": ("status", {"status": 401}, ("before",)),
    "403": ("status", {"status": 403}, ("before",)),
    "wrong_content_type": ("wrong_content_type", {}, ("after",)),
    "not_json": ("not_json", {}, BOTH),
    "stale_read": ("stale_read", {}, ("before",)),
    "token_expiry": ("token_expiry", {}, ("before",)),
}
# What Qualtrics alone answers (qualtrics 5), for the procedures that ask it.
QUALTRICS_REFUSALS = (
    (400, "ATP_2"),
    (401, "DCD_7"),
    (401, "AUTH_6.0"),
    (403, ""),
    (404, ""),
    (409, ""),
    (413, ""),
    (414, ""),
    (415, ""),
)
QUALTRICS_KINDS: dict[str, tuple[str, dict[str, Any], tuple[str, ...]]] = {
    "_".join(["qualtrics", str(status), *filter(None, [code])]): (
        "status",
        {"status": status, "code": code},
        ("before",),
    )
    for status, code in QUALTRICS_REFUSALS
}
ALL_KINDS = {**KINDS, **QUALTRICS_KINDS}
# How often the fault comes: for one request, or from that one on. What the latter leaves half done depends on the request and on
# whether it was still carried out, so that a few kinds stand for all.
SPANS = {"once": 1, "from_then_on": 0}
LASTING_KINDS = ("refused", "answer_lost", "rate_limited_1h", "503", "401", "403")
LONGEST_CASE_SECONDS = 60
LATER_SECONDS = 20.0


@dataclass(frozen=True)
class Case:
    """One disturbance; its ``id`` is enough to replay it."""

    procedure: str
    kind: str
    when: str
    span: str
    index: int

    @property
    def id(self) -> str:
        """The case in a word."""
        return f"{self.procedure}/{self.kind}/{self.when}/{self.span}/{self.index}"

    @classmethod
    def of_id(cls, text: str) -> Case:
        """The case of an id."""
        procedure, kind, when, span, index = text.split("/")
        return cls(procedure, kind, when, span, int(index))


def kinds_of(procedure: Procedure) -> tuple[str, ...]:
    """The kinds of fault that mean something to ``procedure``."""
    return procedure.kinds or (*KINDS, *(QUALTRICS_KINDS if procedure.asks_qualtrics else ()))


class Bench:
    """What the undisturbed procedures did on ``sandbox``, and what the disturbed ones do."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.procedures = procedures()
        self.goals: dict[str, Any] = {}
        self._sizes: dict[str, tuple[int, int]] = {}

    def prepare(self, procedure: Procedure) -> None:
        """Make the state that ``procedure`` finds."""
        self.sandbox.control.reset()
        procedure.prepare(self.sandbox)
        self.sandbox.control.clear_requests()

    def undisturbed(self, procedure: Procedure) -> tuple[Any, int, int]:
        """The end state, and how many requests and connections it takes."""
        self.prepare(procedure)
        result = procedure.act()
        assert not result.get("failed"), f"{procedure.name}: {result.get('msg')}"
        log = self.sandbox.control.requests()
        self.goals[procedure.name] = procedure.end_state(self.sandbox)
        return self.goals[procedure.name], len(log), len({entry["connection"] for entry in log if entry["connection"]})

    def cases(self) -> Iterator[Case]:
        """All cases."""
        for procedure in self.procedures:
            for kind in kinds_of(self.procedures[procedure]):
                yield from self.cases_of(procedure, kind)

    def cases_of(self, name: str, kind: str) -> Iterator[Case]:
        """The cases of a procedure and a kind."""
        if name not in self._sizes:
            self._sizes[name] = self.undisturbed(self.procedures[name])[1:]
        requests, connections = self._sizes[name]
        rule, _settings, moments = ALL_KINDS[kind]
        for index in range(connections if rule in CONNECTION_KINDS else requests):
            for when in moments:
                for span in SPANS if kind in LASTING_KINDS else ("once",):
                    yield Case(name, kind, when, span, index)

    def run(self, case: Case) -> str:
        """What is wrong after ``case``, empty if it is held."""
        procedure = self.procedures[case.procedure]
        if procedure.name not in self.goals:
            self.undisturbed(procedure)
        self.prepare(procedure)
        kind, settings, _moments = ALL_KINDS[case.kind]
        self.sandbox.control.fault(kind, when=case.when, skip=case.index, times=SPANS[case.span], **settings)
        started = time.monotonic()
        disturbed = procedure.act()
        problems = [*_shape(disturbed)]
        if time.monotonic() - started > LONGEST_CASE_SECONDS:
            problems.append(f"took {time.monotonic() - started:.0f} s")
        if leaks(str(disturbed), SECRETS):
            problems.append("a secret in the result")
        self.sandbox.control.clear_faults()
        # Between two runs some time passes: a token of the very second of a change counts as one from before it.
        self.sandbox.control.clock(LATER_SECONDS)
        clean = procedure.act()
        self.sandbox.control.clock(2 * LATER_SECONDS)
        if clean.get("failed"):
            problems.append(f"the next run failed: {clean['msg']}")
        elif clean.get("changed") and not procedure.always_changes and procedure.act().get("changed"):
            problems.append("the run after the next still changes something")
        if procedure.end_state(self.sandbox) != self.goals[procedure.name]:
            problems.append("another end state than without the fault")
        if self.sandbox.control.errors():
            problems.append(f"the sandbox failed: {self.sandbox.control.errors()[0][-300:]}")
        return "; ".join(problems)


def _shape(result: dict[str, Any]) -> Iterator[str]:
    """What is missing in the message of a task that failed."""
    if not result.get("failed"):
        return
    error = result.get("error")
    if not isinstance(error, dict):
        yield f"no understandable error: {result.get('msg')}"
        return
    if not any(host in error["where"] for host in ("acmedev.service-now.com", "qualtrics.com")):
        yield f"the error does not say where: {result['msg']}"
    if not error["advice"]:
        yield f"the error does not say what to do: {result['msg']}"


@cache
def _bench() -> Bench:
    """This process's own, on a sandbox that lives as long as the process."""
    link_collection.main()
    from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.cores import store_app
    from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.reconcile import writer
    from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.routes import rotation
    from ansible_collections.snow_ops.spokes.plugins.module_utils._wire import session as wire

    # Waiting proves nothing here; how often and how long the product waits is tested elsewhere.
    store_app.POLL_SECONDS = store_app.READ_BACK_SECONDS = 0.05
    rotation.LONGEST_TRANSACTION_SECONDS = 0.0
    wire.BACKOFF_SECONDS = writer.READ_BACK_PAUSE_SECONDS = 0.01
    sandbox = Sandbox().__enter__()
    os.environ.update(sandbox.environment)
    return Bench(sandbox)


def run_case(case_id: str) -> tuple[str, str]:
    """The id and what is wrong, empty if nothing."""
    return case_id, _bench().run(Case.of_id(case_id))


def main() -> int:
    """The exit status: 0 if every case is held."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--case", help="replay one case by its id")
    parser.add_argument("--procedure", default="", help="only procedures whose names start so")
    parser.add_argument("--jobs", type=int, default=2 * (os.cpu_count() or 1), help="cases mostly wait")
    arguments = parser.parse_args()
    if arguments.case:
        problem = run_case(arguments.case)[1]
        print(problem or "held")
        return 1 if problem else 0
    if not any(name.startswith(arguments.procedure) for name in _bench().procedures):
        parser.error(f"no procedure starts with {arguments.procedure!r}; there are {', '.join(_bench().procedures)}")
    started = time.monotonic()
    ids = [case.id for case in _bench().cases() if case.procedure.startswith(arguments.procedure)]
    tried, held = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    # Not forked: each process needs a sandbox of its own.
    with ProcessPoolExecutor(arguments.jobs, multiprocessing.get_context("spawn")) as pool:
        for future in as_completed([pool.submit(run_case, case_id) for case_id in ids]):
            case_id, problem = future.result()
            case = Case.of_id(case_id)
            for key in (("procedure", case.procedure), ("kind", case.kind)):
                tried[key] += 1
                held[key] += not problem
            if problem:
                print(f"NOT HELD {case_id}: {problem}", flush=True)
            if not sum(tried.values()) % 500:
                print(f"{sum(tried.values()) // 2} of {len(ids)} cases tried", flush=True)
    for group, name in sorted(tried):
        print(f"{group:<10} {name:<24} {held[group, name]:>6} of {tried[group, name]:>6} held")
    total = sum(count for (group, _name), count in tried.items() if group == "kind")
    good = sum(count for (group, _name), count in held.items() if group == "kind")
    print(
        f"{good} of {total} cases held, {(time.monotonic() - started) / 60:.0f} min; replay one with make matrix CASE=<id>"
    )
    return 0 if good == total else 1


if __name__ == "__main__":
    sys.exit(main())
