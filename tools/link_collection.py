# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""Makes ``collections/ansible_collections/snow_ops/spokes`` lead to this checkout, whatever its folder is called.

pytest-ansible does the same when it starts, but only once, so that a folder added later would be missing. Only what differs is
touched: processes that are using the links do not notice.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FARM = ROOT / "collections" / "ansible_collections" / "snow_ops" / "spokes"
NOT_LINKED = ("build", "collections")


def main() -> None:
    """Bring the links up to date."""
    FARM.mkdir(parents=True, exist_ok=True)
    wanted = {entry.name for entry in ROOT.iterdir() if not entry.name.startswith(".") and entry.name not in NOT_LINKED}
    for link in FARM.iterdir():
        if link.name not in wanted or not link.is_symlink() or link.readlink() != ROOT / link.name:
            link.unlink(missing_ok=True)
    for name in wanted:
        with suppress(FileExistsError):
            (FARM / name).symlink_to(ROOT / name)


if __name__ == "__main__":
    main()
