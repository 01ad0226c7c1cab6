# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""Runs ansible-playbook for the demo and reads from its output what the demo tells."""

from __future__ import annotations

import re
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

RECAP = re.compile(r"(\S+) +: (ok=\d+ .*)")
TASK = re.compile(r"TASK \[(.*)\] \*+")
CHANGED = re.compile(r"changed: \[([^\]]+)\]")


class Listener(Protocol):
    """What hears of a run while it goes on."""

    def progress(self, text: str) -> None:
        """A task has started."""

    def log(self, line: str) -> None:
        """Ansible printed a line."""


@dataclass
class Run:
    """A finished ansible-playbook: counts and diffs are by host, ``summary`` is the collection's own."""

    status: int = 0
    seconds: float = 0.0
    lines: list[str] = field(default_factory=list)
    recap: dict[str, dict[str, int]] = field(default_factory=dict)
    diffs: dict[str, list[str]] = field(default_factory=dict)
    summary: list[str] = field(default_factory=list)


def play(command: Sequence[str], folder: Path, environment: dict[str, str], listener: Listener) -> Run:
    """Run ``command`` in ``folder``."""
    run = Run()
    started = time.monotonic()
    process = subprocess.Popen(
        command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    assert process.stdout is not None
    try:
        for line in process.stdout:
            run.lines.append(line.rstrip("\n"))
            listener.log(line)
            if task := TASK.match(line):
                listener.progress(task[1].rpartition(" : ")[2])
        run.status = process.wait()
    finally:
        # Ctrl+C in between.
        process.kill()
        process.wait()
    run.seconds = time.monotonic() - started
    run.recap = recap_of(run.lines)
    run.diffs = diffs_of(run.lines)
    run.summary = summary_of(run.lines)
    return run


def recap_of(lines: Sequence[str]) -> dict[str, dict[str, int]]:
    """The numbers of the play recap, by host."""
    found = [match for line in lines if (match := RECAP.fullmatch(line.rstrip()))]
    return {match[1]: {name: int(number) for name, number in re.findall(r"(\w+)=(\d+)", match[2])} for match in found}


def summary_of(lines: Sequence[str]) -> list[str]:
    """The lines of the callback snow_ops.spokes.summary, which come last."""
    starts = [number for number, line in enumerate(lines) if line.startswith("SPOKES ***")]
    return [line for line in lines[starts[-1] + 1 :] if line.strip()] if starts else []


def diffs_of(lines: Sequence[str]) -> dict[str, list[str]]:
    """The diffs, by host: Ansible prints them before the line that says whose they are."""
    diffs: dict[str, list[str]] = {}
    current: list[str] = []
    for line in lines:
        if line.startswith("--- before") or (current and not line.startswith(("changed:", "ok:", "TASK", "PLAY"))):
            current.append(line)
        elif current:
            if owner := CHANGED.match(line):
                diffs.setdefault(owner[1], []).extend(line for line in current if line.strip("+ "))
            current = []
    return diffs
