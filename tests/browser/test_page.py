# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""``make browser``: the report's page in a real browser, with 1, 20 and 500 instances."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.snow_ops.spokes.plugins.plugin_utils._fleet.files import write_files
from chromium import BROWSER, Chromium
from fleets import HOSTILE, fleet_of, report_of

OUTPUT = os.environ.get("BROWSER_PICTURES")
# In the page: what each row shows, and what hostile texts would have done.
SHOWN = "[...document.querySelectorAll('#fleet > tbody > tr')].filter(row => row.offsetParent || row.getClientRects().length)"
NAMES = f"{SHOWN}.map(row => row.cells[0].dataset.key)"


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chromium]:
    if BROWSER is None:
        reason = (
            "no Chromium is installed: the report's page was not tried in a browser (Debian: apt-get install chromium)"
        )
        if os.environ.get("BROWSER_REQUIRED"):
            pytest.fail(reason)
        warnings.warn(reason, stacklevel=1)
        pytest.skip(reason)
    with Chromium(tmp_path_factory.mktemp("profile")) as chromium:
        yield chromium


@pytest.fixture(scope="module", params=[1, 20, 500])
def opened(
    request: pytest.FixtureRequest, browser: Chromium, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Chromium, int]:
    folder = tmp_path_factory.mktemp("report")
    write_files(report_of(fleet_of(request.param)), folder)
    browser.open(folder / "report.html")
    return browser, request.param


def test_it_shows_every_instance_and_the_console_is_quiet(opened: tuple[Chromium, int]) -> None:
    browser, number = opened
    assert browser.run(f"{SHOWN}.length") == number
    assert browser.run("document.getElementById('shown').textContent") == f"{number} of {number} shown"
    assert browser.trouble == []


def test_sorting_works_in_both_directions(opened: tuple[Chromium, int]) -> None:
    browser, number = opened
    click = "document.querySelectorAll('#fleet > thead button')[0].click()"
    browser.run(click)
    up = browser.run(NAMES)
    browser.run(click)
    down = browser.run(NAMES)
    assert len(up) == number
    assert down == up[::-1]
    assert [name for name in up if name.startswith("acme")] == sorted(name for name in up if name.startswith("acme"))
    browser.run("document.querySelectorAll('#fleet > thead button')[1].click()")
    states = browser.run(f"{SHOWN}.map(row => row.dataset.status)")
    order = list(dict.fromkeys(states))
    assert order == [status for status in ("failed", "manual", "changed", "ok") if status in order]
    assert browser.run("document.querySelectorAll('[aria-sort=ascending]').length") == 1


def test_the_filter_works_by_text_and_by_state(opened: tuple[Chromium, int]) -> None:
    browser, number = opened

    def type_in(text: str) -> list[str]:
        browser.run(
            f"input = document.getElementById('filter'), input.value = {text!r}, input.dispatchEvent(new Event('input'))"
        )
        return browser.run(NAMES)

    assert type_in("acme000") == ["acme000.service-now.com"]
    assert type_in("no such thing") == []
    assert len(type_in("")) == number
    states = browser.run("[...document.querySelectorAll('.chip')].map(chip => chip.dataset.status)")
    for status in states:
        click = f"document.querySelector('.chip[data-status={status}]').click()"
        browser.run(click)
        assert set(browser.run(f"{SHOWN}.map(row => row.dataset.status)")) == {status}
        browser.run(click)
    assert browser.run(f"{SHOWN}.length") == number
    assert browser.trouble == []


def test_a_hostile_name_stays_text(opened: tuple[Chromium, int]) -> None:
    browser, number = opened
    assert browser.run("typeof window.hostile") == "undefined"
    assert browser.run("document.images.length + document.scripts.length") == 1
    links = browser.run("[...document.links].map(link => link.protocol)")
    assert set(links) <= {"https:"}
    if number > 1:
        found = browser.run("document.querySelector('tr:not(:empty) th[data-key*=hostile]').textContent")
        assert "<script>window.hostile=1</script><img src=x onerror='window.hostile=1'>" in found
        assert HOSTILE[-1] not in found


def test_a_cell_opens_what_differs_and_what_to_do(opened: tuple[Chromium, int]) -> None:
    browser, number = opened
    if number == 1:
        assert browser.run("document.querySelectorAll('.differences').length") == 0
        return
    cell = "document.querySelector('td.cell.changed details')"
    assert browser.run(f"{cell}.querySelector('.differences').checkVisibility()") is False
    browser.run(f"{cell}.querySelector('summary').click()")
    assert browser.run(f"{cell}.querySelector('.differences').checkVisibility()") is True
    assert "client_id" in browser.run(f"{cell}.textContent")
    link = browser.run("document.querySelector('td.manual .next a').href")
    assert link.startswith("https://acme002.service-now.com/")


@pytest.mark.parametrize("width", [1280, 390])
def test_it_fits_a_desk_and_a_phone(browser: Chromium, tmp_path: Path, width: int) -> None:
    write_files(report_of(fleet_of(20)), tmp_path)
    browser.open(tmp_path / "report.html", width)
    browser.run(
        "document.querySelectorAll('td.failed details, td.manual details').forEach(details => { details.open = true; })"
    )
    assert browser.run("document.documentElement.scrollWidth") <= width
    if width < 600:
        # Not even within its own frame: a phone's reader scrolls down only.
        assert browser.run("document.querySelector('main').scrollWidth") <= width
    if OUTPUT:
        browser.picture(Path(OUTPUT) / f"report-{width}.png")
    assert browser.trouble == []


def test_it_prints(browser: Chromium, tmp_path: Path) -> None:
    write_files(report_of(fleet_of(20)), tmp_path)
    browser.open(tmp_path / "report.html")
    assert browser.paper().startswith(b"%PDF")
    assert browser.trouble == []
