# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""What the collection's artefact holds, and how it is built: each file by its name, the same bytes from the same files.

galaxy.yml names every file, so that ``ansible-galaxy collection build`` takes nothing else along from a folder in which somebody works.
``--write`` brings that list up to date with what git keeps, ``--check`` compares the two, ``--install`` installs the checkout as it is.
"""

from __future__ import annotations

import argparse
import gzip
import io
import os
import re
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tools.checkout import ROOT, copy_collection, tracked

BIN = Path(sys.executable).parent
# For those who work on the collection. Files and folders that start with a dot are theirs too.
NOT_SHIPPED = (
    "Makefile",
    "antsibull-nox.toml",
    "extensions/molecule/",
    "galaxy.yml",
    "noxfile.py",
    "package.json",
    "package-lock.json",
    "pyproject.toml",
    "requirements-controller.in",
    "requirements-controller.txt",
    "requirements-demo.in",
    "requirements-demo.txt",
    "requirements-dev.in",
    "requirements-dev.txt",
    "requirements-docs.in",
    "requirements-docs.txt",
    "requirements-ecosystem.in",
    "requirements-ecosystem.txt",
    "requirements-nox.in",
    "requirements-nox.txt",
    "sandbox/",
    "tests/",
    "tools/",
)
# Automation Hub runs ansible-test on the artefact, which looks for these.
SHIPPED_ALL_THE_SAME = re.compile(r"tests/config\.yml|tests/sanity/ignore-[0-9.]+\.txt")
LIST = re.compile(r"(?ms)^  directives:\n.*?(?=^\S|\Z)")


def shipped(names: Iterable[str]) -> list[str]:
    """Those of ``names`` that the artefact holds."""
    return [name for name in names if SHIPPED_ALL_THE_SAME.fullmatch(name) or not _is_for_developers(name)]


def _is_for_developers(name: str) -> bool:
    return any(part.startswith(".") for part in name.split("/")) or any(
        name.startswith(entry) if entry.endswith("/") else name == entry for entry in NOT_SHIPPED
    )


def with_list(galaxy: str, names: Iterable[str]) -> str:
    """The text of galaxy.yml with the list of those of ``names`` that are shipped. Raises `ValueError`."""
    lines = ["  directives:"]
    for name in shipped(names):
        if not re.fullmatch(r"[A-Za-z0-9._/-]+", name):
            raise ValueError(f"galaxy.yml cannot name the file {name!r}: letters, digits and ._/- only")
        lines.append(f"    - include {name}")
    return LIST.sub(lambda _found: "\n".join(lines) + "\n", galaxy, count=1)


def build(source: Path, folder: Path) -> Path:
    """Build the collection in ``source`` into ``folder``; the artefact, which depends on nothing but the files' contents."""
    with tempfile.TemporaryDirectory(prefix="build-") as name:
        command = [BIN / "ansible-galaxy", "collection", "build", "--output-path", name]
        subprocess.run(command, cwd=source, check=True, stdout=subprocess.DEVNULL)
        (built,) = Path(name).glob("*.tar.gz")
        artefact = folder / built.name
        folder.mkdir(parents=True, exist_ok=True)
        artefact.write_bytes(without_times(built.read_bytes()))
    return artefact


def without_times(archive: bytes) -> bytes:
    """The same gzipped tar without the times of its files and of its making."""
    packed = io.BytesIO()
    with (
        tarfile.open(fileobj=io.BytesIO(archive)) as old,
        gzip.GzipFile(filename="", fileobj=packed, mode="wb", mtime=0) as zipped,
        tarfile.open(fileobj=zipped, mode="w", format=tarfile.PAX_FORMAT) as new,
    ):
        for member in old:
            member.mtime = 0
            member.pax_headers = {}
            new.addfile(member, old.extractfile(member) if member.isfile() else None)
    return packed.getvalue()


def install(folder: Path) -> None:
    """Install this checkout as it is, with what git does not keep yet, under ``folder``."""
    with tempfile.TemporaryDirectory(prefix="install-") as name:
        source = copy_collection(Path(name))
        galaxy = source / "galaxy.yml"
        galaxy.write_text(with_list(galaxy.read_text(encoding="utf-8"), tracked(untracked_too=True)), encoding="utf-8")
        artefact = build(source, Path(name))
        command = [
            BIN / "ansible-galaxy",
            "collection",
            "install",
            artefact,
            "--force",
            "--no-deps",
            "--offline",
            "-p",
            folder,
        ]
        environment = {**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(folder)}
        subprocess.run(command, cwd=name, env=environment, check=True, stdout=subprocess.DEVNULL)


def main() -> int:
    """The exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--write", action="store_true", help="write the list in galaxy.yml")
    what.add_argument("--check", action="store_true", help="fail if the list in galaxy.yml is not that of git")
    what.add_argument("--install", type=Path, metavar="FOLDER", help="install the checkout under FOLDER")
    options = parser.parse_args()
    if options.install:
        install(options.install.resolve())
        return 0
    galaxy = ROOT / "galaxy.yml"
    text = galaxy.read_text(encoding="utf-8")
    wanted = with_list(text, tracked())
    if options.write:
        galaxy.write_text(wanted, encoding="utf-8")
    elif wanted != text:
        print(
            "galaxy.yml does not name the files that git keeps, so the artefact would lack some of them; run: make manifest"
        )
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
