# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""Makes ``collections/ansible_collections/snow_ops/spokes`` lead to this checkout, whatever its folder is called.

pytest-ansible does the same when it starts; made beforehand, several test processes cannot get in each other's way.
"""
from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FARM = ROOT / "collections" / "ansible_collections" / "snow_ops" / "spokes"
PARTS = ("CHANGELOG.rst", "LICENSE", "README.md", "changelogs", "docs", "galaxy.yml", "meta", "playbooks", "plugins", "requirements.txt", "roles", "tests")


def main() -> None:
    """Make the links anew."""
    FARM.mkdir(parents=True, exist_ok=True)
    for link in FARM.iterdir():
        link.unlink()
    for part in PARTS:
        (FARM / part).symlink_to(ROOT / part)


if __name__ == "__main__":
    main()
