# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""Unit, component and integration tests, and ansible-test sanity, with every supported ansible-core on the Pythons that are installed.

Without the long tests, which ``make test-long`` runs. Each pair has a virtual environment in ``.venv/cores`` with what tools/cores pins.
``build/all-cores.md`` has the result.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tools.checkout import ROOT, copy_collection
from tools.environments import make_environment
from tools.sanity import sanity

CORES = ROOT / "tools" / "cores"
VENVS = ROOT / ".venv" / "cores"
# The Pythons that a controller may have: of 2.16 3.10 too, on which the sandbox does not run; sanity does.
SUPPORTED = {
    "2.16": ("3.10", "3.11", "3.12"),
    "2.18": ("3.11", "3.12", "3.13"),
    "2.19": ("3.11", "3.12", "3.13"),
    "2.20": ("3.12", "3.13"),
    "2.21": ("3.12", "3.13"),
}
SANITY_ONLY = ("3.10",)
FOLDERS = ("tests/unit", "tests/component", "tests/integration")
# A run that finds fewer has not found all of them.
FEWEST_TESTS = 4200


@dataclass
class Outcome:
    """What came of one pair: ``tests`` is None where they were not to be run."""

    core: str
    python: str
    tests: int | None
    tests_passed: bool
    sanity_passed: bool

    @property
    def good(self) -> bool:
        """Whether all that was to be run passed."""
        return self.sanity_passed and self.tests_passed

    def as_row(self) -> str:
        """A line of the table."""
        tests = "-" if self.tests is None else f"{self.tests} {'passed' if self.tests_passed else 'run, FAILED'}"
        return f"| {self.core} | {self.python} | {tests} | {'passed' if self.sanity_passed else 'FAILED'} |"


def interpreter(python: str) -> str | None:
    """The path of that Python, None if it is not installed."""
    # Before PATH, where pyenv's shims may be: those of versions that are not selected do not run.
    folders = [*map(str, Path.home().glob(".pyenv/versions/3.*/bin")), *os.environ["PATH"].split(os.pathsep)]
    return shutil.which(f"python{python}", path=os.pathsep.join(folders))


def environment(core: str, python: str, path: str) -> Path:
    """The bin folder of a virtual environment with what is pinned for ``core``."""
    pinned = CORES / (f"{core}-{python}.txt" if python in SANITY_ONLY else f"{core}.txt")
    return make_environment(VENVS / f"{core}-{python}", pinned, python=path)


def run_tests(bin_folder: Path) -> tuple[int, bool]:
    """How many tests ran, skipped ones not counted, and whether all of them passed and none was missing."""
    with tempfile.TemporaryDirectory() as name:
        report = Path(name) / "report.xml"
        command = [
            bin_folder / "python",
            "-m",
            "pytest",
            "-n",
            "6",
            "--dist",
            "loadfile",
            "--no-loadscope-reorder",
            "-q",
            f"--junitxml={report}",
            *FOLDERS,
        ]
        variables = {**os.environ, "PATH": f"{bin_folder}:{os.environ['PATH']}"}
        status = subprocess.run(command, cwd=ROOT, env=variables, check=False).returncode
        suite = ElementTree.parse(report).getroot().find("testsuite") if report.exists() else None
        if suite is None:
            return 0, False
        count = int(suite.attrib["tests"]) - int(suite.attrib["skipped"])
    if count < FEWEST_TESTS:
        print(f"Only {count} tests ran; there are {FEWEST_TESTS} at least.")
    return count, status == 0 and count >= FEWEST_TESTS


def run_sanity(core: str, python: str, bin_folder: Path) -> bool:
    """Whether ansible-test sanity of this core passes."""
    print(f"ansible-core {core}, Python {python}", flush=True)
    before = os.environ["PATH"]
    os.environ["PATH"] = f"{bin_folder}:{before}"
    try:
        with tempfile.TemporaryDirectory(prefix="sanity-") as name:
            return sanity(copy_collection(Path(name)), bin_folder / "ansible-test", "--python", python)
    finally:
        os.environ["PATH"] = before


def main() -> int:
    """The exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--core", default="", help="only this ansible-core, such as 2.19")
    parser.add_argument("--python", default="", help="only this Python, such as 3.12")
    parser.add_argument(
        "--sanity", action="store_true", help="only ansible-test sanity, on the newest Python of each core"
    )
    options = parser.parse_args()
    pairs = [
        (core, python)
        for core, pythons in SUPPORTED.items()
        for python in (pythons[-1:] if options.sanity and not options.python else pythons)
        if options.core in ("", core) and options.python in ("", python)
    ]
    outcomes, missing = [], []
    for core, python in pairs:
        path = interpreter(python)
        if path is None:
            missing.append(f"ansible-core {core}: there is no Python {python} here, so it was not tested")
            continue
        bin_folder = environment(core, python, path)
        tests, passed = (None, True) if options.sanity or python in SANITY_ONLY else run_tests(bin_folder)
        outcomes.append(Outcome(core, python, tests, passed, run_sanity(core, python, bin_folder)))
    lines = [
        "| ansible-core | Python | unit, component and integration tests | ansible-test sanity |",
        "| --- | --- | --- | --- |",
    ]
    table = "\n".join([*lines, *(outcome.as_row() for outcome in outcomes), *missing])
    print(table)
    (ROOT / "build").mkdir(exist_ok=True)
    (ROOT / "build" / "all-cores.md").write_text(table + "\n", encoding="utf-8")
    if not outcomes:
        print("Nothing was tested: no supported pair of ansible-core and Python is selected and installed.")
    return 0 if outcomes and all(outcome.good for outcome in outcomes) else 1


if __name__ == "__main__":
    sys.exit(main())
