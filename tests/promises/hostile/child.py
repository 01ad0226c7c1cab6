# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""Tasks in a process of their own, so that what they take of memory can be measured."""

from __future__ import annotations

import ctypes
import gc
import json
import os
import resource
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from support import ROOT

# The limit is for a task without bounds: the machine that runs the tests has to survive it.
MOST_ADDRESS_SPACE = 4 * 1024**3


@dataclass
class Run:
    """What came of a task: its result, the seconds it took, and how many MB its process held meanwhile at most, above those of the start."""

    result: dict[str, Any]
    seconds: float
    megabytes: float


def run_in_child(environment: dict[str, str], *tasks: tuple[str, dict[str, Any]], timeout: float = 120.0) -> list[Run]:
    """Run ``tasks``, module and options, one after the other. Raises `subprocess.TimeoutExpired` after ``timeout`` seconds."""
    folders = [str(ROOT / "tests"), str(ROOT / "collections")]
    variables = {**os.environ, **environment, "PYTHONPATH": os.pathsep.join(folders)}
    done = subprocess.run(
        [sys.executable, "-m", "promises.hostile.child"],
        input=json.dumps(tasks),
        env=variables,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return [Run(*run) for run in json.loads(done.stdout)]


def main() -> None:
    """Take the tasks from standard input; print what came of them."""
    from ansible_collections.snow_ops.spokes.plugins.module_utils._wire import session as wire
    from support import login, run_task

    resource.setrlimit(resource.RLIMIT_AS, (MOST_ADDRESS_SPACE, MOST_ADDRESS_SPACE))
    wire.ATTEMPTS = 2
    # Everything is imported and has been used once.
    run_task("snow_sys_property", {"instance": login(host="http://localhost:1"), "name": "x", "value": "x"})
    before = most_memory()
    runs = []
    for module, options in json.load(sys.stdin):
        give_back_memory()
        # Sets what `most_memory` reads back to what is held now.
        Path("/proc/self/clear_refs").write_text("5")
        started = time.monotonic()
        result = run_task(module, options)
        runs.append((result, time.monotonic() - started, most_memory() - before))
    json.dump(runs, sys.stdout)


def give_back_memory() -> None:
    """Give what is held of an earlier task back to the system, which malloc does when it pleases: it would be counted for the next."""
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)


def most_memory() -> float:
    """The MB that this process has held at most. (getrusage counts in what its parent held before it became this program.)"""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


if __name__ == "__main__":
    main()
