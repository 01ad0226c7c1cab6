# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""Lists that tests walk and that nobody wrote by hand: a test that finds fewer entries than there were proves less than it says."""

from __future__ import annotations

from collections.abc import Callable, Sized

import pytest
from promises.faults.matrix import ALL_KINDS
from promises.faults.procedures import procedures
from promises.hostile.options import HOSTILE, MODULES, OPTIONS
from support import ROOT


def _files(pattern: str) -> Callable[[], Sized]:
    return lambda: list(ROOT.glob(pattern))


# How many there were when the numbers were written, here and in the tests that count for themselves.
FEWEST: dict[str, tuple[Callable[[], Sized], int]] = {
    "modules": (lambda: MODULES, 10),
    "options of modules": (lambda: OPTIONS, 337),
    "secret options": (lambda: [option for option in OPTIONS if option.is_secret], 60),
    "hostile values": (lambda: HOSTILE, 146),
    "kinds of faults": (lambda: ALL_KINDS, 32),
    "procedures of the fault matrix": (procedures, 21),
    "files of shared code": (_files("plugins/module_utils/**/*.py"), 89),
    "files of plugins": (_files("plugins/**/*.py"), 127),
    "files of the sandbox": (_files("sandbox/**/*.py"), 60),
    "scripts of the setup endpoint": (_files("roles/setup_endpoint/files/**/*.js"), 9),
    "pages of documentation": (_files("docs/**/*.md"), 20),
    "tasks of the roles": (_files("roles/*/tasks/*.yml"), 23),
    "playbooks": (_files("playbooks/*.yml"), 12),
}


@pytest.mark.parametrize("name", FEWEST)
def test_a_list_has_not_become_shorter(name: str) -> None:
    entries, fewest = FEWEST[name]
    assert len(entries()) >= fewest
