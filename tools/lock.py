# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""Pins every file of requirements, with hashes, for the Pythons 3.11 to 3.13: at the newest versions, or with ``--keep`` at those of now."""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
UV = Path(sys.executable).with_name("uv")
# The oldest Python that each ansible-core runs on here.
CORES = {"2.16": "3.11", "2.18": "3.11", "2.19": "3.11", "2.20": "3.12", "2.21": "3.12"}


def compile_requirements(
    source: Path, target: Path, python: str, *options: str, more: str = "", platform: str = ""
) -> None:
    """Pin ``source``, and the requirements that ``more`` has line by line, in ``target``: for every system, or one ``platform``."""
    common = [
        "--quiet",
        "--generate-hashes",
        "--no-emit-index-url",
        "--no-header",
        "--python-version",
        python,
        *(["--python-platform", platform] if platform else ["--universal"]),
    ]
    sources = [source.name, *(["-"] if more else [])]
    subprocess.run(
        [UV, "pip", "compile", *common, *options, *sources, "-o", target.name],
        cwd=source.parent,
        input=more,
        text=True,
        check=True,
    )


def main() -> None:
    """Write the files."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keep", action="store_true", help="change only what has to change")
    upgrade = [] if parser.parse_args().keep else ["--upgrade"]
    dev, demo = ROOT / "requirements-dev", ROOT / "requirements-demo"
    compile_requirements(dev.with_suffix(".in"), dev.with_suffix(".txt"), "3.11", *upgrade)
    # The same versions, so that one environment serves both.
    compile_requirements(
        demo.with_suffix(".in"), demo.with_suffix(".txt"), "3.11", *upgrade, "-c", "requirements-dev.txt"
    )
    for name in ("docs", "nox"):
        source = ROOT / f"requirements-{name}.in"
        compile_requirements(source, source.with_suffix(".txt"), "3.11", *upgrade)
    # Where the packages get on with each other, the same versions as well.
    for name, constraints in (("controller", ["-c", "requirements-dev.txt"]), ("ecosystem", [])):
        source = ROOT / f"requirements-{name}.in"
        compile_requirements(source, source.with_suffix(".txt"), "3.11", *upgrade, *constraints)
    for source in sorted((ROOT / "tools" / "certification").glob("*.in")):
        # An old ansible-lint keeps itself off Windows by a package that cannot be had there or anywhere else.
        compile_requirements(source, source.with_suffix(".txt"), "3.12", *upgrade, platform="linux")
    cores = ROOT / "tools" / "cores"
    for core, python in CORES.items():
        compile_requirements(
            cores / "tests.in",
            cores / f"{core}.txt",
            python,
            "--no-annotate",
            *upgrade,
            more=f"ansible-core~={core}.0\n",
        )
    # On this Python only sanity runs, which needs nothing but ansible-core.
    sanity_only = cores / "2.16-3.10.in"
    compile_requirements(sanity_only, sanity_only.with_suffix(".txt"), "3.10", *upgrade)


if __name__ == "__main__":
    main()
