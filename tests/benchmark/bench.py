# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""``make bench``: what a set-up costs on both routes, beside playbooks written by hand, two that do nothing and a bare script.

Everything is measured in one run, the contenders taking turns, and of each the median is taken: seconds on a busy machine mean little by
themselves, so read the ratios. ``--json`` keeps the figures for the report (report.py).
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

from contenders import (
    BARE,
    EMPTY,
    ITSM_BOOK,
    OURS,
    TASKS,
    URI_BOOK,
    Contender,
    has_itsm,
    install_itsm,
    write_inventory,
)
from measuring import FORKS, Figures, measure, medians, prepare

from sandbox import Sandbox
from tools import link_collection

# Milliseconds that a request takes longer, and a new connection besides: none, near, far, and far with three round trips for TCP and TLS.
LATENCIES = ((0, 0), (50, 0), (150, 0), (150, 450))
FIRST, AGAIN = "first run", "no change"
Case = tuple[str, str, int, int, int]


def main() -> None:
    """Measure, print a line per case, and keep the figures if asked to."""
    given = _arguments()
    if not has_itsm():
        install_itsm()
    peers = [ITSM_BOOK, URI_BOOK] if has_itsm() else [URI_BOOK]
    if len(peers) == 1:
        print("servicenow.itsm is not there and could not be installed; the rest is measured without it")
    figures: dict[Case, list[Figures]] = defaultdict(list)
    with Sandbox() as sandbox, tempfile.TemporaryDirectory() as folder:
        for latency, connect in given.latencies:
            for _round in range(given.rounds):
                for case, found in _one_instance(sandbox, Path(folder), [*OURS, *peers], latency, connect):
                    figures[case].append(found)
        for number in given.instances:
            takes_part = [*OURS, *(peers if number <= given.peers_up_to else [])]
            for contender in takes_part:
                for case, found in _fleet(sandbox, Path(folder), contender, number):
                    figures[case].append(found)
            inventory = write_inventory(Path(folder), number)
            figures[TASKS.name, AGAIN, number, 0, 0].append(measure(sandbox, TASKS, inventory))
    rows = [_row(case, medians(runs), len(runs)) for case, runs in figures.items()]
    _print(rows)
    if given.json:
        about = {"machine": _machine(), "forks": FORKS, "rounds": given.rounds, "rows": rows}
        Path(given.json).write_text(json.dumps(about, indent=1) + "\n")


def _one_instance(
    sandbox: Sandbox, folder: Path, contenders: Sequence[Contender], latency: int, connect: int
) -> Iterator[tuple[Case, Figures]]:
    """One round of all contenders with one instance."""
    inventory = write_inventory(folder, 1)
    for contender in contenders:
        sandbox.control.latency(0)
        prepare(sandbox, contender, inventory)
        sandbox.control.latency(latency, connect_ms=connect)
        for kind in (FIRST, AGAIN):
            yield (contender.name, kind, 1, latency, connect), measure(sandbox, contender, inventory)
    for contender in (EMPTY, TASKS, BARE):
        yield (contender.name, AGAIN, 1, latency, connect), measure(sandbox, contender, inventory)


def _fleet(sandbox: Sandbox, folder: Path, contender: Contender, number: int) -> Iterator[tuple[Case, Figures]]:
    """A first run and one without changes on that many instances."""
    inventory = write_inventory(folder, number)
    prepare(sandbox, contender, inventory)
    for kind in (FIRST, AGAIN):
        yield (contender.name, kind, number, 0, 0), measure(sandbox, contender, inventory)


def _row(case: Case, found: Figures, runs: int) -> dict[str, Any]:
    name, kind, instances, latency, connect = case
    place = {"contender": name, "run": kind, "instances": instances, "latency": latency, "connect": connect}
    return {**place, "runs": runs, **asdict(found)}


def _machine() -> str:
    cores, load = os.cpu_count(), os.getloadavg()[2]
    return (
        f"{cores} cores, load {load:.0f} over the last 15 minutes, Python {platform.python_version()}, "
        f"ansible-core {version('ansible-core')}"
    )


def _print(rows: list[dict[str, Any]]) -> None:
    columns = {
        "contender": 20,
        "run": 11,
        "instances": 10,
        "latency": 8,
        "connect": 8,
        "wall": 8,
        "cpu": 8,
        "peak": 7,
        "instance": 9,
        "writes": 7,
        "qualtrics": 10,
        "rounds": 7,
        "connections": 12,
        "tasks": 6,
    }
    print("".join(f"{name:>{width}}" for name, width in columns.items()))
    for row in rows:
        texts = [f"{row[name]:.2f}" if isinstance(row[name], float) else str(row[name]) for name in columns]
        print("".join(f"{text:>{width}}" for text, width in zip(texts, columns.values())))


def _arguments() -> argparse.Namespace:
    def pair(text: str) -> tuple[int, int]:
        latency, _colon, connect = text.partition(":")
        return int(latency), int(connect or 0)

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--latencies", type=pair, nargs="*", default=LATENCIES, metavar="MS[:CONNECT_MS]")
    parser.add_argument("--instances", type=int, nargs="*", default=[10, 50], metavar="N")
    parser.add_argument(
        "--peers-up-to", type=int, default=10, metavar="N", help="instances that the peers are tried on"
    )
    parser.add_argument("--json", help="a file for the figures")
    return parser.parse_args()


if __name__ == "__main__":
    link_collection.main()
    main()
