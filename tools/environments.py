# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""Virtual environments with exactly what a file of pinned requirements lists."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def make_environment(folder: Path, requirements: Path, *options: str, python: str | Path = sys.executable) -> Path:
    """Make the environment ``folder`` on ``python`` and install ``requirements``, hashes checked; ``options`` are pip's own.

    Returns its bin folder. Raises `subprocess.CalledProcessError`.
    """
    subprocess.run([python, "-m", "venv", folder], check=True)
    pip = [folder / "bin" / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "--require-hashes", *options, "-r", requirements], check=True)
    return folder / "bin"
