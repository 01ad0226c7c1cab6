# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""Makes ``.venv`` and installs a file of pinned requirements into it, saying how far it is. Needs nothing but Python itself."""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
# A line of pip's, of those that come once for each package.
PACKAGE = re.compile(
    r"(?:Collecting|Requirement already satisfied:|Processing .*/)\s?([A-Za-z0-9._]+(?:-[A-Za-z][A-Za-z0-9._]*)*)"
)
OLDEST, TOO_NEW = (3, 11), (3, 14)
LAST_LINES = 30


def main() -> int:
    """The exit status: pip's."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("requirements", type=Path)
    requirements: Path = parser.parse_args().requirements
    if not OLDEST <= sys.version_info[:2] < TOO_NEW:
        print(
            f"{sys.executable} is Python {sys.version.split()[0]}, but 3.11, 3.12 or 3.13 is needed. "
            "Name one, for example: make demo PYTHON=python3.12",
            file=sys.stderr,
        )
        return 1
    started = time.monotonic()
    if not PYTHON.exists():
        print(f"Making a virtual environment in .venv with Python {sys.version.split()[0]}", flush=True)
        subprocess.run([sys.executable, "-m", "venv", str(VENV)], check=True)
    status = install(requirements)
    if status == 0:
        print(f"Installed in {time.monotonic() - started:.0f} s", flush=True)
    return status


def install(requirements: Path) -> int:
    """Install what ``requirements`` pins; pip's exit status. What pip says is shown only if it fails."""
    total = len(re.findall(r"(?m)^[A-Za-z0-9].*==", requirements.read_text(encoding="utf-8")))
    print(f"Installing {total} packages, with checked hashes, from {requirements.name}", flush=True)
    command = [
        str(PYTHON),
        "-m",
        "pip",
        "install",
        "--disable-pip-version-check",
        "--progress-bar",
        "off",
        "--require-hashes",
        "-r",
    ]
    process = subprocess.Popen(
        [*command, str(requirements)], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    assert process.stdout is not None
    lines: list[str] = []
    seen: list[str] = []
    for line in process.stdout:
        lines.append(line.rstrip())
        found = PACKAGE.match(line)
        if found and found[1] not in seen:
            seen.append(found[1])
            show(f"[{len(seen)}/{total}] {found[1]}", at_times=len(seen) % 25 == 0)
        elif line.startswith("Installing collected packages"):
            show(f"[{len(seen)}/{total}] unpacking", at_times=True)
    status = process.wait()
    if sys.stdout.isatty():
        print("\r\033[K", end="")
    if status:
        print("\n".join(lines[-LAST_LINES:]), file=sys.stderr)
    return status


def show(text: str, at_times: bool) -> None:
    """Replace the terminal's line by ``text``; where there is no terminal, print a line, ``at_times`` only."""
    if sys.stdout.isatty():
        print(f"\r\033[K  {text}", end="", flush=True)
    elif at_times:
        print(f"  {text}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
