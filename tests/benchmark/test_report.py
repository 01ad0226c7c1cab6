# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""What the benchmark makes of its figures: rounds, plots, and playbooks of peers that hold together."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType
from xml.etree import ElementTree

import pytest
import yaml
from rounds import rounds_of

HERE = Path(__file__).parent


def entries(*times: tuple[float, float]) -> list[dict[str, float]]:
    return [{"began": began, "ended": ended} for began, ended in times]


@pytest.mark.parametrize(
    ("log", "rounds"),
    [
        ([], 0),
        ([(0, 1), (1, 2), (2, 3)], 3),
        ([(0, 1), (0.1, 1.1), (1.2, 2)], 2),
        ([(0, 5), (0.1, 1), (1.1, 2)], 2),
        ([(0, 1), (2, 0)], 2),
    ],
)
def test_a_round_is_what_waited_for_an_answer(log: list[tuple[float, float]], rounds: int) -> None:
    assert rounds_of(entries(*log)) == rounds


def load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, HERE / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_plot_is_a_drawing_with_a_line_for_each_contender() -> None:
    plots = load("plots")
    drawn = plots.line_plot("A < B", "ms", "s", {"ours": [(0, 1.86), (150, 6.14)], "theirs": [(0, 3.9), (150, 5.3)]})
    root = ElementTree.fromstring(drawn)
    lines = root.findall("{http://www.w3.org/2000/svg}polyline")
    assert [len(str(line.get("points")).split()) for line in lines] == [2, 2]
    assert {"A < B", "ours", "theirs", "8"} <= {
        str(text.text) for text in root.iter("{http://www.w3.org/2000/svg}text")
    }


@pytest.mark.parametrize("peer", ["itsm", "uri"])
def test_the_peers_find_create_and_change_the_same(peer: str) -> None:
    (play,) = yaml.safe_load((HERE / "peers" / f"{peer}.yml").read_text())
    other = yaml.safe_load((HERE / "peers" / ("uri.yml" if peer == "itsm" else "itsm.yml")).read_text())
    assert [task["name"] for task in play["tasks"]] == [task["name"] for task in other[0]["tasks"]]
    assert len(play["tasks"]) == 26


def test_the_tasks_that_do_nothing_are_as_many_as_those_of_a_set_up() -> None:
    (play,) = yaml.safe_load((HERE / "peers" / "tasks.yml").read_text())
    assert len(play["tasks"]) == load("test_play_counts").TASKS
