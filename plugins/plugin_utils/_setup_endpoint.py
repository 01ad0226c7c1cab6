# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This file is private to the collection.
"""The setup endpoint's operations, put together from the files of the role setup_endpoint: the one place
that does it.
"""

from __future__ import annotations

from pathlib import Path

FILES = Path(__file__).resolve().parents[2] / "roles" / "setup_endpoint" / "files"
# In the order in which they stand before each operation's own file.
SHARED = ("guard", "secrets", "rows", "state")
# What only some operations have besides, in the same order.
FURTHER = {"update": ("write",), "rotate": ("write", "prove"), "token": ("prove",), "test": ("prove",)}
OPERATIONS = {
    "state": "Reads what is configured for an alias",
    "configure": "Fills the Configure form of an alias",
    "update": "Changes the records of a connection",
    "token": "Gets an OAuth token for a connection",
    "test": "Makes a test call through a connection",
    "rotate": "Exchanges values of a connection, proves them, and else puts back those from before",
}


def script_of(operation: str) -> str:
    """The script of ``operation``: what all share, what some share, and its own file."""
    shared = (*SHARED, *FURTHER.get(operation, ()))
    files = [*(FILES / "shared" / f"{name}.js" for name in shared), FILES / "operations" / f"{operation}.js"]
    return "\n".join(path.read_text(encoding="utf-8").rstrip() for path in files) + "\n"


def operations() -> list[dict[str, str]]:
    """The operations as the module snow_scripted_rest_api takes them."""
    return [
        {
            "name": name,
            "short_description": description,
            "http_method": "POST",
            "relative_path": f"/{name}",
            "script": script_of(name),
        }
        for name, description in OPERATIONS.items()
    ]
