# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This file is private to the collection.
"""The report as files: a page for people, JSON for programs, JUnit XML for CI systems. Every text in them is taken for
hostile.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ansible_collections.snow_ops.spokes.plugins.plugin_utils._fleet.steps import ISSUES, TITLES
from jinja2 import Environment, FileSystemLoader, StrictUndefined

TEMPLATES = Path(__file__).parent / "templates"
WORDS = {
    "failed": "failed",
    "differs": "differs",
    "manual": "by hand",
    "would_change": "would change",
    "changed": "changed",
    "unknown": "not known",
    "ok": "ok",
    "not_reached": "not reached",
    "not_run": "not reached",
    "not_judged": "not judged",
    "": "",
}
# A sign beside each color, so that nobody has to tell colors apart.
SIGNS = {
    "failed": "✖",
    "differs": "≠",
    "manual": "☞",
    "would_change": "▷",
    "changed": "●",
    "unknown": "?",
    "ok": "✔",
    "not_reached": "–",
    "not_run": "–",
    "not_judged": "?",
    "": "",
}


def write_files(report: Mapping[str, Any], folder: Path) -> list[Path]:
    """Write ``report.html``, ``report.json`` and ``report.xml`` into ``folder``, which is made if it is missing; return
    their paths.

    Each is replaced as a whole. Raises `OSError` where that is not possible.
    """
    folder.mkdir(parents=True, exist_ok=True)
    texts = {
        "report.html": page(report),
        "report.json": json.dumps(report, indent=2) + "\n",
        "report.xml": junit(report),
    }
    return [_replace(folder / name, text) for name, text in texts.items()]


def page(report: Mapping[str, Any]) -> str:
    """The page: everything in it, nothing loaded; a browser runs no script in it but its own."""
    script, style = ((TEMPLATES / name).read_text(encoding="utf-8") for name in ("page.js", "page.css"))
    policy = (
        f"default-src 'none'; script-src '{_digest(script)}'; style-src '{_digest(style)}'; base-uri 'none'; "
        "form-action 'none'"
    )
    template = _environment().get_template("page.html.j2")
    return template.render(
        report=report, script=script, style=style, policy=policy, words=WORDS, signs=SIGNS, titles=TITLES
    )


def junit(report: Mapping[str, Any]) -> str:
    """JUnit XML: a suite for each instance, a case for each step; what needs somebody is a failure, what was not
    reached is skipped.
    """
    return _environment().get_template("junit.xml.j2").render(report=report, words=WORDS, titles=TITLES, issues=ISSUES)


def safe_link(url: str) -> str:
    """``url`` if a browser may follow it, else an empty text: what an instance says could be a script."""
    return url if url.startswith("https://") and not set(url) & set(" \"'<>`\\") else ""


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["safe_link"] = safe_link
    return environment


def _digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")


def _replace(path: Path, text: str) -> Path:
    """Write ``text`` beside ``path`` and put it in its place: a reader sees the old file or the new one."""
    umask = os.umask(0)
    os.umask(umask)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
        os.chmod(name, 0o666 & ~umask)
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise
    return path
