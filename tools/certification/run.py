# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""What Red Hat's certification checker does, at its exact versions, on a clone of the last commit: ``make certification``.

The checker is the workflow certification-reusable.yml of ansible-collections/partner-certification-checker: import of the built collection,
ansible-lint with the profile production, and ansible-test sanity. Its versions are in the files beside this one.
"""

from __future__ import annotations

import functools
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tools.all_cores import interpreter
from tools.checkout import ROOT, copy_collection
from tools.checks import failed
from tools.environments import make_environment
from tools.sanity import sanity

HERE = Path(__file__).parent
PYTHON = "3.12"
IMPORTER_CONFIG = "[galaxy-importer]\nCHECK_REQUIRED_TAGS=True\nRUN_ANSIBLE_LINT=False\n"


@functools.cache
def environment(name: str) -> Path:
    """The bin folder of a virtual environment with what is pinned for ``name``. Raises `SystemExit` without the checker's Python."""
    python = interpreter(PYTHON)
    if python is None:
        raise SystemExit(f"The checker runs on Python {PYTHON}, and there is none here.")
    return make_environment(ROOT / ".venv" / f"certification-{name}", HERE / f"{name}.txt", python=python)


def passes(command: list[str | Path], folder: Path, bin_folder: Path, **variables: str) -> bool:
    """Whether ``command`` of that environment succeeds in ``folder``."""
    path = f"{bin_folder}{os.pathsep}{os.environ['PATH']}"
    return (
        subprocess.run(command, cwd=folder, env={**os.environ, "PATH": path, **variables}, check=False).returncode == 0
    )


def imports(clone: Path, folder: Path) -> bool:
    """Whether galaxy-importer takes what it builds from the clone."""
    config = folder / "galaxy-importer.cfg"
    config.write_text(IMPORTER_CONFIG, encoding="utf-8")
    tools = environment("import")
    command = [tools / "python", "-m", "galaxy_importer.main", "--git-clone-path", ".", "--output-path", str(folder)]
    return passes(command, clone, tools, GALAXY_IMPORTER_CONFIG=str(config))


def lints(clone: Path) -> bool:
    """Whether ansible-lint finds nothing in the clone."""
    tools = environment("lint")
    return passes([tools / "ansible-lint", "--profile=production", "-x", "sanity"], clone, tools)


def is_sane(folder: Path) -> bool:
    """Whether ansible-test sanity passes."""
    return sanity(copy_collection(folder), environment("import") / "ansible-test", "--python", PYTHON)


def main() -> int:
    """The exit status."""
    with tempfile.TemporaryDirectory(prefix="certification-") as name:
        folder, clone = Path(name), Path(name) / "clone"
        subprocess.run(["git", "clone", "--quiet", ROOT, clone], check=True)
        checks: dict[str, Callable[[], bool]] = {
            "import": lambda: imports(clone, folder),
            "lint": lambda: lints(clone),
            "sanity": lambda: is_sane(folder),
        }
        wrong = failed(checks, "as the certification checker does it")
    print(f"\nFAILED: {', '.join(wrong)}" if wrong else f"\nThe certification checker's {len(checks)} checks passed.")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
