# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""Turns ``changelogs/fragments`` into the entry of the version in galaxy.yml: ``make changelog``.

The entry of a version that was not published yet takes further fragments. antsibull-changelog does this in a copy, since it follows no
links, of which the folder in which Ansible finds this checkout is made.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tools.checkout import ROOT, copy_collection

BIN = Path(sys.executable).parent
WRITTEN = ("CHANGELOG.rst", "changelogs/changelog.yaml")


def release(root: Path) -> list[str]:
    """Write the entry in the checkout ``root`` and remove the fragments that went into it; their names."""
    with tempfile.TemporaryDirectory(prefix="changelog-") as name:
        copy = copy_collection(Path(name), root)
        fragments = sorted(path.name for path in (copy / "changelogs" / "fragments").glob("*.yml"))
        command = [BIN / "antsibull-changelog", "release", "--update-existing"]
        # It asks ansible-doc which plugins are new.
        environment = {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}
        subprocess.run(command, cwd=copy, env=environment, check=True)
        for written in WRITTEN:
            shutil.copyfile(copy / written, root / written)
        done = [fragment for fragment in fragments if not (copy / "changelogs" / "fragments" / fragment).exists()]
    for fragment in done:
        (root / "changelogs" / "fragments" / fragment).unlink()
    return done


if __name__ == "__main__":
    print(
        "\n".join(f"changelogs/fragments/{fragment} is in CHANGELOG.rst" for fragment in release(ROOT))
        or "No fragments."
    )
