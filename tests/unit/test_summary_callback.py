# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""The callback at the end of a run: what it displays is known to every core, and a display that fails takes no file along."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ansible import constants
from ansible.utils.display import color_to_log_level
from ansible_collections.snow_ops.spokes.plugins.callback import summary
from fleets import fleet_of

# The settings whose colors ansible-core 2.16, the oldest, has a log level for; it refuses to log what is displayed in another one.
KNOWN_TO_EVERY_CORE = {
    f"COLOR_{name}"
    for name in ("ERROR", "WARN", "OK", "SKIP", "UNREACHABLE", "DEBUG", "CHANGED", "DEPRECATE", "VERBOSE")
}


def test_every_color_can_be_logged() -> None:
    assert len(summary.COLORS) >= 5
    assert set(summary.COLORS.values()) <= KNOWN_TO_EVERY_CORE
    assert {getattr(constants, name) for name in summary.COLORS.values()} <= set(color_to_log_level)


class BrokenDisplay:
    """One that takes nothing."""

    def __getattr__(self, name: str) -> Any:
        raise RuntimeError(name)


def test_the_files_are_written_whatever_becomes_of_the_display(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(summary.context, "CLIARGS", {})
    callback = summary.CallbackModule()
    callback._display = BrokenDisplay()
    callback._fleet = fleet_of(3)
    callback._play = SimpleNamespace(get_variable_manager=lambda: SimpleNamespace(extra_vars={}))
    callback._paths = {summary.FOLDER: str(tmp_path), summary.BEFORE: str(tmp_path / "none.json")}
    (tmp_path / "none.json").write_text("no report")
    stats = SimpleNamespace(processed={}, failures={}, dark={}, custom={})
    with pytest.raises(RuntimeError):
        callback.v2_playbook_on_stats(stats)
    assert sorted(path.name for path in tmp_path.glob("report.*")) == ["report.html", "report.json", "report.xml"]
    assert "snow_ops_spokes" in stats.custom["_run"]
