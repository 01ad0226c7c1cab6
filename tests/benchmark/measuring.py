# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""One run, measured: seconds and memory of its processes, and what of it reached the sandbox."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

from contenders import ITSM, OURS, ROOT, Contender
from rounds import rounds_of
from support import API_TOKEN, CLIENT_ID, CLIENT_SECRET, PASSWORD, is_write

from sandbox import Sandbox

FORKS = 20
RUNNER = """
import os, sys, time
started = time.monotonic()
process = os.fork()
if not process:
    output = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.execv(sys.argv[2], sys.argv[2:])
_process, status, used = os.wait4(process, 0)
print(status, time.monotonic() - started, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)
"""


@dataclass(frozen=True)
class Figures:
    """``wall`` and ``cpu`` in seconds, ``peak`` in MiB of the largest process. ``instance`` are requests to instances, of which ``writes``;
    ``qualtrics`` those to Qualtrics, ``rounds`` how many requests had to wait for another one, ``connections`` with TLS."""

    wall: float
    cpu: float
    peak: float
    instance: int
    writes: int
    qualtrics: int
    rounds: int
    connections: int
    tasks: int


def environment_of(sandbox: Sandbox) -> dict[str, str]:
    """What every run gets."""
    paths = f"{ROOT / 'collections'}:{ITSM}"
    secrets = {
        "BENCH_PASSWORD": PASSWORD,
        "BENCH_API_TOKEN": API_TOKEN,
        "BENCH_CLIENT_ID": CLIENT_ID,
        "BENCH_CLIENT_SECRET": CLIENT_SECRET,
    }
    own = {name: value for name, value in os.environ.items() if not name.startswith(("SN_", "QUALTRICS_"))}
    return {**own, **sandbox.environment, **secrets, "ANSIBLE_COLLECTIONS_PATH": paths, "ANSIBLE_NOCOLOR": "1"}


def measure(sandbox: Sandbox, contender: Contender, inventory: Path) -> Figures:
    """Run it once. Raises `RuntimeError` where it fails."""
    sandbox.control.clear_requests()
    output = inventory.parent / "output.txt"
    # From a small process of its own: of a forked one the kernel counts the memory of its parent too.
    command = [sys.executable, "-S", "-E", "-c", RUNNER, str(output), *contender.command(inventory, FORKS)]
    done = subprocess.run(command, env=environment_of(sandbox), cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    status, wall, cpu, peak = map(float, done.stdout.split())
    text = output.read_text()
    if status:
        raise RuntimeError(f"{contender.name} failed:\n{text[-3000:]}")
    log = sandbox.control.requests()
    own = [entry for entry in log if entry["connection"]]
    to_instances = [entry for entry in own if entry["host"].endswith(".service-now.com")]
    return Figures(
        wall=wall,
        cpu=cpu,
        peak=peak,
        instance=len(to_instances),
        writes=sum(map(is_write, to_instances)),
        qualtrics=len(log) - len(to_instances),
        rounds=rounds_of(own),
        connections=len({entry["connection"] for entry in own}),
        tasks=text.count("\nTASK ["),
    )


def medians(runs: list[Figures]) -> Figures:
    """Of each figure the median; counts are the same in all."""
    columns = zip(*(asdict(run).values() for run in runs))
    return Figures(*[type(column[0])(median(column)) for column in columns])


def prepare(sandbox: Sandbox, contender: Contender, inventory: Path) -> None:
    """Instances as new; with the setup endpoint for whom it is."""
    sandbox.control.reset()
    if contender.needs_endpoint:
        measure(sandbox, Contender("setup endpoint", ("snow_ops.spokes.setup_endpoint",)), inventory)


def is_ours(name: str) -> bool:
    """Whether a contender of that name is this collection."""
    return name in [contender.name for contender in OURS]
