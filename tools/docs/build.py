# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""Builds the documentation site in build/docs/html from docs/, the modules' and roles' own documentation, and the messages in the code.

Run it with the Python of an environment that has requirements-docs.txt: ``make docs``.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from tools.docs import catalogue  # noqa: E402

SITE = ROOT / "docs" / "docsite"
SOURCE, HTML = ROOT / "build" / "docs" / "source", ROOT / "build" / "docs" / "html"
REPOSITORY = "https://github.com/snow-ops/snow_ops.spokes/blob/main/"
CONTENTS = re.compile(r"^\.\. contents::\n(?:   .*\n)*", re.MULTILINE)
MARK = "<!-- messages -->\n"


def main() -> int:
    """The exit status: that of sphinx, which fails at any warning."""
    shutil.rmtree(ROOT / "build" / "docs", ignore_errors=True)
    shutil.copytree(SITE, SOURCE)
    for path in sorted(path for kind in ("*.md", "*.svg") for path in (ROOT / "docs").rglob(kind)):
        if SITE not in path.parents:
            target = SOURCE / path.relative_to(ROOT / "docs")
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
    for path in SOURCE.rglob("*.md"):
        path.write_text(_linked(path), encoding="utf-8")
    failures = SOURCE / "failures.md"
    failures.write_text(failures.read_text(encoding="utf-8").replace(MARK, catalogue.page()), encoding="utf-8")
    _collection_pages()
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [
        sys.executable,
        "-m",
        "sphinx",
        "-W",
        "--keep-going",
        "-q",
        "-b",
        "html",
        "-c",
        str(ROOT / "tools" / "docs"),
        str(SOURCE),
        str(HTML),
    ]
    status = subprocess.run(command, env=environment, check=False).returncode
    if status == 0:
        print(f"The site is in {HTML.relative_to(ROOT)}: open index.html")
    return status


def _linked(path: Path) -> str:
    """The text of a page, its links leading to where the site has the pages, or to the repository for what it has not."""
    text = path.read_text(encoding="utf-8")
    is_of_site = (SITE / path.relative_to(SOURCE)).exists()
    if is_of_site:
        text = re.sub(r"\]\(\.\./(?!\.\.)([\w/]+\.md)", r"](\1", text)
    above = "../" if path.parent == SOURCE else "../../"
    text = re.sub(rf"\]\({re.escape(above)}(?!\.\.)", f"]({REPOSITORY}", text)
    # What is no page.
    text = re.sub(r"\]\(((?:[\w-]+/)+[\w.-]+\.json)\)", rf"]({REPOSITORY}docs/\1)", text)
    # The README, for whom it is a page of its own, links to the repository.
    return re.sub(rf"{re.escape(REPOSITORY)}docs/([\w/]+\.md)", lambda match: _local(match[1], path), text)


def _local(name: str, path: Path) -> str:
    return (
        os.path.relpath(SOURCE / name, path.parent) if (ROOT / "docs" / name).exists() else f"{REPOSITORY}docs/{name}"
    )


def _collection_pages() -> None:
    """Every module, role and lookup, by antsibull-docs."""
    target = SOURCE / "reference"
    target.mkdir()
    environment = {
        **os.environ,
        "ANSIBLE_COLLECTIONS_PATH": str(ROOT / "collections"),
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
    }
    tool = str(Path(sys.executable).with_name("antsibull-docs"))
    command = [
        tool,
        "collection",
        "--use-current",
        "--squash-hierarchy",
        "--fail-on-error",
        "--dest-dir",
        str(target),
        "snow_ops.spokes",
    ]
    subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)
    for page in target.glob("*.rst"):
        # The theme shows the contents of a page beside it.
        page.write_text(CONTENTS.sub("", page.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
