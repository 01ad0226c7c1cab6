# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""Runs ``ansible-test sanity`` on a copy of the collection, as git lists it, at a path that ansible-test accepts.

``--all`` imports and compiles the plugins with every Python that is installed, then repeats it with every supported ansible-core.
"""
from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
# ansible-core and a Python that its ansible-test runs on.
CORES = {"2.16": "3.12", "2.18": "3.12", "2.19": "3.11", "2.20": "3.13", "2.21": "3.13"}


def copy_collection(folder: Path) -> Path:
    """Copy what git tracks, or would track, to ``folder``; the collection's folder there."""
    target = folder / "ansible_collections" / "snow_ops" / "spokes"
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target / name)
    return target


def sanity(collection: Path, ansible_test: Path, *options: str) -> bool:
    """Run it; whether everything passed. Skipping everything is no pass."""
    done = subprocess.run(
        [str(ansible_test), "sanity", *options, "--color", "no"],
        cwd=collection,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    passed = done.returncode == 0 and "All targets skipped" not in done.stdout
    lines = done.stdout.splitlines()
    if passed:
        tests = sum(line.startswith("Running sanity test") for line in lines)
        print(f"ansible-test sanity {' '.join(options)}: {tests} tests passed", flush=True)
    else:
        print("\n".join(line for line in lines if not line.startswith(("WARNING: Location", "Looking in", "Collecting", "  Downloading"))))
    return passed


def bin_of(core: str, python: str, folder: Path) -> Path | None:
    """A virtual environment with that ansible-core, None where its Python is missing."""
    interpreter = shutil.which(f"python{python}")
    if interpreter is None:
        return None
    subprocess.run([interpreter, "-m", "venv", str(folder)], check=True)
    subprocess.run([str(folder / "bin" / "pip"), "install", "--quiet", f"ansible-core~={core}.0"], check=True)
    return folder / "bin"


def main() -> int:
    """The exit status."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--all", action="store_true")
    everything = parser.parse_args().all
    with tempfile.TemporaryDirectory(prefix="sanity-") as name:
        folder = Path(name)
        collection = copy_collection(folder)
        pinned = Path(sys.executable).parent / "ansible-test"
        if not everything:
            return 0 if sanity(collection, pinned, "--python", f"{sys.version_info[0]}.{sys.version_info[1]}") else 1
        failed = []
        os.environ["PATH"] += "".join(f":{path}" for path in Path.home().glob(".pyenv/versions/3.*/bin"))
        if not sanity(collection, pinned, "--test", "import", "--test", "compile"):
            failed.append("import and compile")
        for core, python in CORES.items():
            bin_folder = bin_of(core, python, folder / f"core-{core}")
            if bin_folder is None:
                print(f"ansible-core {core}: no Python {python} here, not run")
                continue
            print(f"ansible-core {core}:", flush=True)
            os.environ["PATH"] = f"{bin_folder}:{os.environ['PATH']}"
            if not sanity(collection, bin_folder / "ansible-test", "--python", python):
                failed.append(core)
        return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
