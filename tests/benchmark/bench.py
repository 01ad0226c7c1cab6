# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""``make bench``: what the setup playbook costs, and what the fast path saves, both ways in the same run.

Seconds on a busy machine mean little by themselves: read the ratios.
"""

from __future__ import annotations

import itertools
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from support import is_write

from sandbox import Sandbox

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
ROUNDS = 3
ROUTES = ("records", "endpoint")
RUNS = {"check, fresh": ["--check"], "first": [], "no change": []}


def play(environment: dict[str, str], playbook: str, limit: str, *options: str) -> tuple[float, float, int]:
    """Run a playbook; its CPU seconds, its wall seconds and how many tasks it had."""
    command = [
        BIN / "ansible-playbook",
        f"snow_ops.spokes.{playbook}",
        "-i",
        "examples/inventory",
        "--vault-password-file",
    ]
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    done = subprocess.run(
        [*command, "tools/demo/vault_password", "-l", limit, *options],
        cwd=ROOT,
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    return cpu, time.monotonic() - started, done.stdout.count("\nTASK [")


def main() -> None:
    """Print a line per kind of run, instances and path; medians of the rounds."""
    with Sandbox() as sandbox, tempfile.TemporaryDirectory() as folder:
        wrapper = Path(folder) / "python3"
        wrapper.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
        wrapper.chmod(0o755)
        environment = {**os.environ, **sandbox.environment, "ANSIBLE_COLLECTIONS_PATH": str(ROOT / "collections")}
        paths = {"fast path": [], "module path": ["-e", f"ansible_python_interpreter={wrapper}"]}
        heading = (
            f"{'run':<14}{'route':<10}{'instances':>10}{'requests':>10}{'writes':>8}{'connections':>13}{'tasks':>7}"
        )
        print(f"{heading}{'CPU s fast':>12}{'CPU s module':>14}{'ratio':>7}")
        for limit, route in itertools.product(("acmedev", "acmedev,acmetest,acmeprod"), ROUTES):
            figures: dict[str, dict[str, list[float]]] = {run: {path: [] for path in paths} for run in RUNS}
            counts: dict[str, tuple[int, int, int, int]] = {}
            for _round in range(ROUNDS):
                for path, options in paths.items():
                    sandbox.control.reset()
                    if route == "endpoint":
                        play(environment, "setup_endpoint", limit)
                    for run, more in RUNS.items():
                        sandbox.control.clear_requests()
                        cpu, _wall, tasks = play(
                            environment,
                            "qualtrics_setup",
                            limit,
                            "-e",
                            f"qualtrics_spoke_route={route}",
                            *options,
                            *more,
                        )
                        log = sandbox.control.requests()
                        figures[run][path].append(cpu)
                        writes = sum(map(is_write, log))
                        counts[run] = (len(log), writes, len({entry["connection"] for entry in log}), tasks)
            for run in RUNS:
                fast, module = (sorted(figures[run][path])[ROUNDS // 2] for path in paths)
                requests, writes, connections, tasks = counts[run]
                print(
                    f"{run:<14}{route:<10}{len(limit.split(',')):>10}{requests:>10}{writes:>8}{connections:>13}{tasks:>7}"
                    f"{fast:>12.2f}{module:>14.2f}{fast / module:>7.2f}"
                )


if __name__ == "__main__":
    main()
