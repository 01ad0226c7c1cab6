# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""Secrets in the paths of what is written on the controller: no folder is made of them, and no message repeats them."""

from __future__ import annotations

from pathlib import Path

import pytest
from support import CLIENT_SECRET, PASSWORD

from roles import SETUP, VARIABLES, Plays
from sandbox import Sandbox

ENABLED = {"ANSIBLE_CALLBACKS_ENABLED": "results_file,snow_ops.spokes.summary"}


@pytest.mark.parametrize(
    ("playbook", "variable"),
    [
        ("snow_ops.spokes.qualtrics_report", "qualtrics_spoke_report_dir"),
        ("snow_ops.spokes.qualtrics_export", "qualtrics_spoke_export_dir"),
        ("snow_ops.spokes.qualtrics_probe", "probe_file"),
    ],
)
@pytest.mark.parametrize("secret", [PASSWORD, CLIENT_SECRET.upper()])
def test_a_path_with_a_secret_is_not_used(
    sandbox: Sandbox, tmp_path: Path, playbook: str, variable: str, secret: str
) -> None:
    plays = Plays(sandbox, tmp_path)
    plays.inventory("acmedev", variables={**VARIABLES, variable: str(tmp_path / "out" / f"x{secret}")})
    if variable == "qualtrics_spoke_export_dir":
        assert plays(SETUP, "-e", "qualtrics_spoke_export_dir=").returncode == 0
    # Plays itself looks for the secrets in all that is shown.
    play = plays(playbook, "-vvv", "--diff", settings=ENABLED)
    assert f"{variable} contains the value of a secret" in play.stdout + play.stderr
    assert secret not in play.stdout + play.stderr
    assert not (tmp_path / "out").exists()
    assert play.returncode == (0 if variable.endswith("report_dir") else 2)
