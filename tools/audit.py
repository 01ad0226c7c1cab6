# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""Asks pip-audit for known vulnerabilities of everything that is pinned.

Where the package index has no advisories to give (a mirror, no network), nothing can be said: that is printed, and fails with ``--strict``.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]


def ask(requirements: Path) -> dict[str, Any] | None:
    """pip-audit's report on a file of pinned requirements, None if it has none."""
    command = [
        sys.executable,
        "-m",
        "pip_audit",
        "--format",
        "json",
        "--progress-spinner",
        "off",
        "--require-hashes",
        "--disable-pip",
    ]
    done = subprocess.run([*command, "-r", requirements], capture_output=True, text=True, check=False)
    try:
        report: dict[str, Any] = json.loads(done.stdout)
    except ValueError:
        print(done.stderr.strip())
        return None
    return report


def judge(name: str, report: dict[str, Any] | None) -> tuple[bool, bool]:
    """Print what ``report`` says of the file ``name``: whether nothing is vulnerable, and whether every package could be looked up."""
    if report is None:
        print(f"{name}: NOT AUDITED, pip-audit failed")
        return True, False
    packages = report["dependencies"]
    unknown = [package for package in packages if "skip_reason" in package]
    vulnerable = [package for package in packages if package.get("vulns")]
    for package in vulnerable:
        print(f"{name}: {package['name']} {package['version']}: {', '.join(entry['id'] for entry in package['vulns'])}")
    known = len(packages) - len(unknown)
    remark = "" if known else ": NOT AUDITED, no advisories can be reached"
    print(f"{name}: {known} of {len(packages)} packages audited, {len(vulnerable)} vulnerable{remark}")
    return not vulnerable, bool(packages) and not unknown


def main() -> int:
    """The exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--strict", action="store_true", help="fail as well if a package could not be looked up")
    strict = parser.parse_args().strict
    files = [
        *(ROOT / f"requirements-{name}.txt" for name in ("dev", "controller", "docs", "ecosystem", "nox")),
        *sorted((ROOT / "tools" / "cores").glob("*.txt")),
    ]
    verdicts = [judge(str(file.relative_to(ROOT)), ask(file)) for file in files]
    return 0 if all(clean and (complete or not strict) for clean, complete in verdicts) else 1


if __name__ == "__main__":
    sys.exit(main())
