# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""Builds the artefact of a commit and its bill of materials into ``build/``, and puts the artefact itself to the test.

What was built is checked by galaxy-importer, which Galaxy and Automation Hub use, by ansible-test sanity and by ansible-lint; then it is
installed where there is nothing but ansible-core and requests, and sets up the sandbox from there.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tools import collection, plain_user, sbom
from tools.checkout import ROOT
from tools.checks import failed
from tools.sanity import sanity

BUILD = ROOT / "build"
BIN = Path(sys.executable).parent
IMPORTER_CONFIG = (
    "[galaxy-importer]\nRUN_ANSIBLE_TEST=False\nCHECK_REQUIRED_TAGS=True\nRUN_FLAKE8=False\nRUN_ANSIBLE_DOC=True\n"
)


def main() -> int:
    """The exit status."""
    changes = uncommitted(ROOT)
    if changes:
        print(
            "There are changes that are not committed, so the artefact would not be that of a commit:",
            *changes,
            sep="\n  ",
            file=sys.stderr,
        )
        return 1
    with tempfile.TemporaryDirectory(prefix="artefact-") as name:
        folder = Path(name)
        artefact = build_twice(folder)
        if artefact is None:
            return 1
        print(f"Wrote {artefact}\nWrote {sbom.write(artefact)}", flush=True)
        unpacked = folder / "unpacked" / "ansible_collections" / "snow_ops" / "spokes"
        unpack(artefact, unpacked)
        checks: dict[str, Callable[[], bool]] = {
            "galaxy-importer": lambda: importer(artefact),
            "ansible-test sanity": lambda: sanity(
                unpacked, BIN / "ansible-test", "--python", f"{sys.version_info[0]}.{sys.version_info[1]}"
            ),
            "ansible-lint": lambda: lint(unpacked),
            "use from a plain environment": lambda: plain_user.works(artefact, folder / "plain"),
        }
        wrong = failed(checks, "on the artefact")
    print(f"\nFAILED: {', '.join(wrong)}" if wrong else f"\nThe artefact passed {len(checks)} checks.")
    return 1 if wrong else 0


def uncommitted(root: Path) -> list[str]:
    """What of the tree at ``root`` is not in its last commit, files that git does not know included."""
    command = ["git", "status", "--porcelain"]
    return subprocess.run(command, cwd=root, check=True, capture_output=True, text=True).stdout.splitlines()


def build_twice(folder: Path) -> Path | None:
    """The artefact in ``build/``, made from an export of the last commit; None if a second build, elsewhere, gives other bytes."""
    artefacts = []
    for number, target in ((1, BUILD), (2, folder / "again")):
        export = folder / f"export-{number}" / "ansible_collections" / "snow_ops" / "spokes"
        export.mkdir(parents=True)
        archive = subprocess.run(
            ["git", "archive", "--format=tar", "HEAD"], cwd=ROOT, check=True, capture_output=True
        ).stdout
        subprocess.run(["tar", "-x", "-C", str(export)], input=archive, check=True)
        artefacts.append(collection.build(export, target))
    if artefacts[0].read_bytes() != artefacts[1].read_bytes():
        print("Two builds of the same commit differ.", file=sys.stderr)
        return None
    return artefacts[0]


def unpack(artefact: Path, folder: Path) -> None:
    """Unpack ``artefact`` into ``folder``."""
    folder.mkdir(parents=True)
    with tarfile.open(artefact) as archive:
        archive.extractall(folder, filter="data")


def importer(artefact: Path) -> bool:
    """Whether galaxy-importer takes it."""
    config = BUILD / "importer.cfg"
    config.write_text(IMPORTER_CONFIG, encoding="utf-8")
    environment = {**os.environ, "GALAXY_IMPORTER_CONFIG": str(config)}
    return (
        subprocess.run(
            [sys.executable, "-m", "galaxy_importer.main", artefact], cwd=BUILD, env=environment, check=False
        ).returncode
        == 0
    )


def lint(unpacked: Path) -> bool:
    """Whether ansible-lint finds nothing at its strictest."""
    command = [
        BIN / "ansible-lint",
        "--offline",
        "--strict",
        "--profile",
        "production",
        "--exclude",
        "examples/inventory/group_vars/all/vault.yml",
    ]
    environment = {**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(unpacked.parents[2])}
    return subprocess.run(command, cwd=unpacked, env=environment, check=False).returncode == 0


if __name__ == "__main__":
    sys.exit(main())
