# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""Builds the artefact and its bill of materials into ``build/``; galaxy-importer, which Galaxy and Automation Hub use, looks at it."""
from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import sbom

ROOT = Path(__file__).resolve().parents[1]
BUILD = ROOT / "build"
CONFIG = "[galaxy-importer]\nRUN_ANSIBLE_TEST=False\nCHECK_REQUIRED_TAGS=True\nRUN_FLAKE8=False\nRUN_ANSIBLE_DOC=True\n"


def main() -> int:
    """The exit status."""
    BUILD.mkdir(exist_ok=True)
    bin_folder = Path(sys.executable).parent
    subprocess.run([bin_folder / "ansible-galaxy", "collection", "build", "--force", "--output-path", BUILD], cwd=ROOT, check=True)
    artefact = max(BUILD.glob("snow_ops-spokes-*.tar.gz"), key=lambda path: path.stat().st_mtime)
    print(f"Wrote {sbom.write(artefact)}")
    (BUILD / "importer.cfg").write_text(CONFIG, encoding="utf-8")
    environment = {**os.environ, "GALAXY_IMPORTER_CONFIG": str(BUILD / "importer.cfg")}
    return subprocess.run([sys.executable, "-m", "galaxy_importer.main", artefact], cwd=BUILD, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
