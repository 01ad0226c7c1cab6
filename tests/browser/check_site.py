# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""``make browser``: every page of the built documentation site, wide and narrow. ``BROWSER_PICTURES`` names a folder for pictures."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from chromium import Chromium
from support import ROOT

SITE = ROOT / "build" / "docs" / "html"
OUTPUT = os.environ.get("BROWSER_PICTURES")
PAGES = sorted(
    path.relative_to(SITE).as_posix()
    for path in SITE.rglob("*.html")
    if path.parts[len(SITE.parts)] not in ("_static", "_sources") and path.name not in ("genindex.html", "search.html")
)
# What is wider than the window though nothing scrolls it.
TOO_WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
# The option tables lost their height once, by a style that was meant for others.
FLAT = "[...document.querySelectorAll('article table')].filter(t => t.getBoundingClientRect().height < 20 * t.rows.length).length"
BROKEN = "[...document.images].filter(image => image.complete && !image.naturalWidth).map(image => image.src)"


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chromium]:
    with Chromium(tmp_path_factory.mktemp("profile")) as chromium:
        yield chromium


def test_the_site_is_built() -> None:
    assert len(PAGES) >= 30, "make docs builds it"


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("page", PAGES)
def test_a_page_can_be_read(browser: Chromium, page: str, width: int) -> None:
    browser.open(SITE / page, width=width)
    if OUTPUT:
        browser.picture(Path(OUTPUT) / f"{page.replace('/', '_')}_{width}.png")
    assert (browser.run(TOO_WIDE), browser.run(FLAT), browser.run(BROKEN)) == (0, 0, [])
    assert browser.run("document.querySelectorAll('article h1').length") == 1
    assert [trouble for trouble in browser.trouble if "file://" not in trouble] == []
