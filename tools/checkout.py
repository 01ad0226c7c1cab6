# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""The files of this checkout, as git lists them, and copies of them."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def tracked(root: Path = ROOT, untracked_too: bool = False) -> list[str]:
    """The names of the files of ``root`` that git keeps, sorted; ``untracked_too`` adds those that it would keep if they were added."""
    options = ["--others", "--exclude-standard"] if untracked_too else []
    command = ["git", "ls-files", "-z", "--cached", *options]
    listed = subprocess.run(command, cwd=root, check=True, capture_output=True, text=True).stdout
    return sorted(name for name in set(listed.split("\0")) if name and (root / name).is_file())


def copy_collection(folder: Path, root: Path = ROOT) -> Path:
    """Copy what git keeps, or would keep, to where ansible-test and Ansible look for it under ``folder``; the collection's folder there."""
    target = folder / "ansible_collections" / "snow_ops" / "spokes"
    for name in tracked(root, untracked_too=True):
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(root / name, target / name)
    return target
