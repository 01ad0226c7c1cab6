# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""The entry point ``install``, and the set-up that installs the spoke first."""

from __future__ import annotations

from pathlib import Path

import pytest
from support import other_python, writes

from roles import LOCAL, SETUP, VARIABLES, Plays, facts, messages
from sandbox import Sandbox

INSTALL_SPOKE, PLAN = "snow_ops.spokes.qualtrics_install", "snow_ops.spokes.qualtrics_plan"


def version(plays: Plays) -> str:
    """The version of the spoke that is installed."""
    rows = plays.sandbox.control.records("acmebare", "sys_store_app")
    return "".join(row["version"] for row in rows if row["scope"] == "sn_qualtrics_spoke")


@pytest.mark.sampled
@pytest.mark.parametrize("path", ["fast", "module"])
def test_progress_is_shown_while_it_works_and_kept_afterwards(sandbox: Sandbox, tmp_path: Path, path: str) -> None:
    plays = Plays(sandbox, tmp_path)
    python = {} if path == "fast" else {"ansible_python_interpreter": str(other_python(tmp_path))}
    plays.inventory("acmebare", variables={**LOCAL, **VARIABLES, **python})
    preview = plays(INSTALL_SPOKE, "--check", "--diff")
    assert (preview.returncode, writes(plays.sandbox), version(plays)) == (0, [], ""), preview.stdout
    wrong = plays(INSTALL_SPOKE, "-e", "qualtrics_spoke_expected_instance_name=acmeprod")
    assert (wrong.returncode, writes(plays.sandbox)) == (2, [])
    done = plays(INSTALL_SPOKE, "-e", "qualtrics_spoke_install_version=1.3.0")
    assert (done.returncode, done.stats["acmebare"]["changed"], version(plays)) == (0, 1, "1.3.0"), done.stdout
    assert ("acmebare.service-now.com: Running, 40 %, Installing the application" in done.stdout) == (path == "fast")
    history = done.result("Install or upgrade the spoke")["progress"]
    assert [step["status"] for step in history] == ["Pending", "Running", "Running", "Successful"]
    again = plays(INSTALL_SPOKE)
    assert (again.stats["acmebare"]["changed"], writes(plays.sandbox)) == (0, [])
    refused = plays(INSTALL_SPOKE, "-e", "qualtrics_spoke_install_version=newest")
    assert "qualtrics_spoke_install_version is not a version" in messages(refused)[0]


@pytest.mark.long
def test_the_set_up_installs_it_first_where_that_is_wanted(sandbox: Sandbox, tmp_path: Path) -> None:
    plays = Plays(sandbox, tmp_path)
    plays.inventory("acmebare")
    without = plays(SETUP)
    assert (without.returncode, writes(plays.sandbox)) == (2, [])
    wanted = ["-e", "qualtrics_spoke_install=true"]
    preview = plays(SETUP, "--check", *wanted)
    assert (preview.returncode, writes(plays.sandbox)) == (0, []), preview.stdout
    assert "known only once the spoke is installed" in preview.stdout
    done = plays(SETUP, *wanted)
    assert (done.returncode, done.stats["acmebare"]["changed"]) == (0, 3), done.stdout
    again = plays(SETUP, *wanted)
    assert (again.returncode, again.stats["acmebare"]["changed"]) == (0, 0)


def test_a_plan_says_that_the_set_up_would_install_the_spoke(sandbox: Sandbox, tmp_path: Path) -> None:
    plays = Plays(sandbox, tmp_path)
    plays.inventory("acmebare")
    enabled = {"ANSIBLE_CALLBACKS_ENABLED": "results_file,snow_ops.spokes.summary"}
    play = plays(PLAN, "-e", "qualtrics_spoke_install=true", settings=enabled)
    assert (play.returncode, play.stats["acmebare"]["changed"], version(plays)) == (0, 0, ""), play.stdout
    assert writes(plays.sandbox) == []
    planned = play.result("Plan | Show what a set-up would do")["msg"]
    assert planned[0] == "install the spoke sn_qualtrics_spoke, version latest"
    assert "set sn_qualtrics_spoke.qualtrics_directory to POOL_0000000acmefake" in planned[1]
    assert "to https://acme.qualtrics.com/API/v3 with the OAuth client 5a4d" in planned[1]
    assert "known only once the spoke is installed" in planned[2]
    (result,) = facts(play)
    assert (result["would_change"], result["changed"], result["records"]) == (True, False, [])
    assert "WOULD CHANGE acmebare.service-now.com" in play.stdout
    # An older one that is there is planned with.
    plays.inventory("acmedev")
    upgrade = plays(PLAN, "-e", "qualtrics_spoke_install=true", "-e", "qualtrics_spoke_install_version=1.3.0")
    assert (upgrade.returncode, writes(plays.sandbox)) == (0, []), upgrade.stdout
    planned = upgrade.result("Plan | Show what a set-up would do")["msg"]
    assert planned[0] == "upgrade the spoke sn_qualtrics_spoke from version 1.2.0 to 1.3.0"
    assert len(planned) > 3
