# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""``make bench-report``: ``docs/performance.md`` and its plots, from what bench.py has measured.

What is said between the marks is made of the figures; the rest of the page is written by hand and stays.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from plots import line_plot

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "performance.md"
PLOTS = ROOT / "docs" / "performance"
MARKS = ("<!-- measured -->\n", "<!-- end of what was measured -->\n")
Row = dict[str, Any]
# What ours is put beside: a contender, or several one after the other.
PEERS = {
    "servicenow.itsm": ("servicenow.itsm",),
    "ansible.builtin.uri": ("ansible.builtin.uri",),
    "empty playbook + bare script": ("empty playbook", "bare script"),
    "as many tasks that do nothing": ("as many tasks",),
}


def main(*sources: str) -> None:
    """Write the page and the plots from the files of figures ``sources``."""
    measured = [json.loads(Path(source).read_text()) for source in sources]
    rows = [row for part in measured for row in part["rows"]]
    PLOTS.mkdir(exist_ok=True)
    for name, plot in _plots(rows).items():
        (PLOTS / name).write_text(plot)
    text = PAGE.read_text()
    before, _mark, rest = text.partition(MARKS[0])
    _old, _mark, after = rest.partition(MARKS[1])
    machines = list(dict.fromkeys(part["machine"] for part in measured))
    PAGE.write_text(before + MARKS[0] + _measured(rows, machines) + MARKS[1] + after)


def _measured(rows: list[Row], machines: list[str]) -> str:
    parts = [f"\nMeasured with: {'; '.join(machines)}.\n"]
    for latency, connect in sorted({(row["latency"], row["connect"]) for row in rows if row["instances"] == 1}):
        mine = [row for row in rows if (row["instances"], row["latency"], row["connect"]) == (1, latency, connect)]
        more = f" and {connect} ms more for each new connection" if connect else ""
        parts.append(f"\n## One instance, {latency} ms for each request{more}\n\n{_table(mine)}\n{_ratios(mine)}")
    for number in sorted({row["instances"] for row in rows} - {1}):
        mine = [row for row in rows if row["instances"] == number]
        parts.append(f"\n## {number} instances, one Qualtrics account\n\n{_table(mine)}\n{_ratios(mine)}")
    drawn = sorted(path.name for path in PLOTS.glob("*.svg"))
    pictures = [f"![{name[:-4].replace('_', ' ')}](performance/{name})\n\n" for name in drawn]
    return "".join([parts[0], "\n", *pictures, *parts[1:], "\n"])


def _table(rows: Iterable[Row]) -> str:
    heads = {
        "contender": "",
        "run": "run",
        "wall": "wall s",
        "cpu": "CPU s",
        "each": "CPU s per instance",
        "peak": "MiB",
        "instance": "requests to instances",
        "writes": "of these writes",
        "qualtrics": "requests to Qualtrics",
        "rounds": "rounds",
        "connections": "TLS connections",
        "tasks": "tasks",
    }
    lines = ["| " + " | ".join(heads.values()) + " |", "|" + " --- |" * len(heads)]
    for row in rows:
        shown = {**row, "each": row["cpu"] / row["instances"]}
        lines.append("| " + " | ".join(_shown(shown[name]) for name in heads) + " |")
    return "\n".join(lines) + "\n"


def _shown(value: Any) -> str:
    return (
        f"{value:.2f}"
        if isinstance(value, float) and value < 10
        else f"{value:.0f}"
        if isinstance(value, float)
        else str(value)
    )


def _ratios(rows: list[Row]) -> str:
    """What the goals are about: ours, divided by theirs. CPU time says more where the machine had other work."""
    found = {(row["contender"], row["run"]): row for row in rows}
    lines = []
    for route in ("records", "endpoint"):
        for run in ("first run", "no change"):
            own = found.get((f"ours, {route}", run))
            for name, parts in PEERS.items():
                theirs = [found[part, run] for part in parts if (part, run) in found]
                if own and len(theirs) == len(parts):
                    ratios = [own[of] / sum(row[of] for row in theirs) for of in ("wall", "cpu")]
                    lines.append(f"| {route} | {run} | {name} | {ratios[0]:.2f} | {ratios[1]:.2f} |")
    head = (
        "| route | run | beside | our wall time, divided by theirs | our CPU time, divided by theirs |\n"
        + "|"
        + " --- |" * 5
    )
    return "\n".join([head, *lines, ""])


def _plots(rows: list[Row]) -> dict[str, str]:
    plots = {}
    for run in ("first run", "no change"):
        single = [row for row in rows if row["run"] == run and row["instances"] == 1 and not row["connect"]]
        lines = _lines(single, "latency", lambda row: row["wall"])
        name = f"wall_over_latency_{run.replace(' ', '_')}.svg"
        plots[name] = line_plot(
            f"Wall time of a {run}, one instance", "milliseconds for each request", "seconds", lines
        )
    fleet = [row for row in rows if row["run"] == "no change" and not row["latency"]]
    for name, value in (("wall", lambda row: row["wall"]), ("cpu", lambda row: row["cpu"])):
        title = f"{'Wall' if name == 'wall' else 'CPU'} time of a run without changes"
        lines = {line: points for line, points in _lines(fleet, "instances", value).items() if len(points) > 1}
        if lines:
            plots[f"{name}_over_instances.svg"] = line_plot(title, "instances", "seconds", lines)
    return plots


def _lines(rows: Iterable[Row], across: str, up: Callable[[Row], float]) -> dict[str, list[tuple[float, float]]]:
    lines: dict[str, list[tuple[float, float]]] = {}
    for row in rows:
        lines.setdefault(row["contender"], []).append((row[across], up(row)))
    return lines


if __name__ == "__main__":
    if not re.search(re.escape(MARKS[0]), PAGE.read_text()):
        sys.exit(f"{PAGE} has no place for the figures")
    main(*sys.argv[1:])
