# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""Runs ``ansible-test sanity`` on a copy of the collection at a path that ansible-test accepts, in a home of its own.

With nothing else said it checks this checkout, as git lists it, with the pinned ansible-core. ``--all`` imports and compiles the plugins
with every Python that is installed.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tools import ansible_test
from tools.checkout import ROOT, copy_collection

HOME = ROOT / ".venv" / "ansible-test-home"
# What ansible-test says while it prepares itself, and what it is doing then.
STAGES = {
    "Using cached pip": "making a virtual environment",
    "Installing requirements": "installing the requirements of a test",
    "Running sanity test": "",
}
NOISE = ("WARNING: Location", "Looking in", "Collecting", "  Downloading", "Using cached pip")


def sanity(collection: Path, command: Path, *options: str) -> bool:
    """Run it, saying what it does; whether everything passed. Skipping everything is not a pass."""
    print(
        f"ansible-test sanity {' '.join(options)} (the first time it makes virtual environments of its own, in .venv)",
        flush=True,
    )
    process = subprocess.Popen(
        [str(command), "sanity", *options, "--color", "no"],
        cwd=collection,
        env=ansible_test.environment(command, HOME),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    lines: list[str] = []
    for line in process.stdout:
        lines.append(line.rstrip())
        for start in STAGES:
            if line.startswith(start):
                print(f"  {STAGES[start] or line.strip()}", flush=True)
    tests = sum(line.startswith("Running sanity test") for line in lines)
    passed = process.wait() == 0 and tests > 0 and not any("All targets skipped" in line for line in lines)
    if passed:
        print(f"ansible-test sanity {' '.join(options)}: {tests} tests passed", flush=True)
    else:
        print("\n".join(line for line in lines if not line.startswith(NOISE)))
    return passed


def main() -> int:
    """The exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--all", action="store_true", help="import and compile with every Python that is installed")
    everything = parser.parse_args().all
    with tempfile.TemporaryDirectory(prefix="sanity-") as name:
        collection = copy_collection(Path(name))
        pinned = Path(sys.executable).parent / "ansible-test"
        if everything:
            os.environ["PATH"] += "".join(f":{path}" for path in Path.home().glob(".pyenv/versions/3.*/bin"))
            options = ["--test", "import", "--test", "compile"]
        else:
            options = ["--python", f"{sys.version_info[0]}.{sys.version_info[1]}"]
        return 0 if sanity(collection, pinned, *options) else 1


if __name__ == "__main__":
    sys.exit(main())
