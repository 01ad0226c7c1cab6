# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""Writes the digests by which the collection knows its setup endpoint, from the scripts that the role installs.

Run it after every change to the scripts. With ``--release`` the digests so far become those of an earlier release first: do that once
after a release, together with raising VERSION in guard.js.
"""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "collections")]

from tools import link_collection  # noqa: E402

link_collection.main()

from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.endpoint import digests, trust  # noqa: E402
from ansible_collections.snow_ops.spokes.plugins.plugin_utils import _setup_endpoint  # noqa: E402

TARGET = ROOT / "plugins" / "module_utils" / "_servicenow" / "endpoint" / "digests.py"
HEAD = '''# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This file is private to the collection.
"""The SHA-256 of the setup endpoint's scripts, now and in earlier releases.

Made by tools/endpoint_digests.py; do not edit.
"""

from __future__ import annotations

'''


def version() -> str:
    """The version that the scripts answer with."""
    guard = (_setup_endpoint.FILES / "shared" / "guard.js").read_text(encoding="utf-8")
    return re.findall(r"VERSION = '(\w+)'", guard)[0]


def current() -> dict[str, str]:
    """The digests of the scripts as they are."""
    return {
        trust.key_of(operation): trust.script_digest(operation["script"]) for operation in _setup_endpoint.operations()
    }


def source(release: bool = False) -> str:
    """The text of the file."""
    earlier = dict(digests.EARLIER)
    if release:
        earlier[digests.VERSION] = digests.CURRENT
    lines = [f'VERSION = "{version()}"', "CURRENT = {", *_entries(current(), 1), "}", "EARLIER = {"]
    for name, scripts in earlier.items():
        lines += [f'    "{name}": {{', *_entries(scripts, 2), "    },"]
    return HEAD + "\n".join([*lines, "}"]) + "\n"


def _entries(scripts: dict[str, str], depth: int) -> list[str]:
    return [f'{"    " * depth}"{key}": "{digest}",' for key, digest in sorted(scripts.items())]


def main() -> None:
    """Write the file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--release", action="store_true", help="keep the digests so far as those of an earlier release")
    TARGET.write_text(source(parser.parse_args().release), encoding="utf-8")


if __name__ == "__main__":
    main()
