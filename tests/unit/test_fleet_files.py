# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""The report's files: valid, complete, one as a whole, and harmless whatever an instance says."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest
from ansible_collections.snow_ops.spokes.plugins.plugin_utils._fleet.files import (
    SIGNS,
    WORDS,
    junit,
    page,
    safe_link,
    write_files,
)
from ansible_collections.snow_ops.spokes.plugins.plugin_utils._fleet.report import compare, read_report
from ansible_collections.snow_ops.spokes.plugins.plugin_utils._fleet.steps import STATUSES
from fleets import HOSTILE_LINK, event, fleet_of, report_of
from jsonschema import Draft202012Validator
from support import ROOT

SCHEMA = json.loads((ROOT / "docs" / "schemas" / "report.schema.json").read_text())


class Elements(HTMLParser):
    """Counts elements, and keeps links and handlers."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.attributes: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes |= {name for name, _value in attrs}
        self.links += [value or "" for name, value in attrs if name in ("href", "src")]


@pytest.mark.parametrize("number", [0, 1, 20])
def test_the_json_follows_the_published_schema(number: int, tmp_path: Path) -> None:
    Draft202012Validator.check_schema(SCHEMA)
    report = report_of(fleet_of(number))
    Draft202012Validator(SCHEMA).validate(report)
    write_files(report, tmp_path)
    compare(report, read_report(tmp_path / "report.json"))
    Draft202012Validator(SCHEMA).validate(report)
    assert report["since"]["new"] == report["since"]["fixed"] == 0


def test_junit_has_a_case_for_each_instance_and_step() -> None:
    report = report_of(fleet_of(20))
    root = ElementTree.fromstring(junit(report).encode())
    cases = [(case.get("classname"), case.get("name")) for case in root.iter("testcase")]
    titles = {step["id"]: step["title"] for step in report["steps"]}
    assert cases == [(entry["instance"], titles[name]) for entry in report["instances"] for name in entry["steps"]]
    failed = {suite.get("name") for suite in root if suite.find(".//failure") is not None}
    assert failed == {entry["instance"] for entry in report["instances"] if entry["status"] in ("failed", "manual")}
    assert all(int(suite.get("tests") or 0) == len(suite) for suite in root)


def test_an_instance_without_steps_is_a_case_too() -> None:
    fleet = fleet_of(0)
    fleet.expect("never")
    root = ElementTree.fromstring(junit(report_of(fleet, dead=["another"])).encode())
    assert [(case.get("classname"), case[0].tag) for case in root.iter("testcase")] == [("never", "skipped")]


def test_the_page_has_every_instance_and_nothing_of_a_hostile_one_works() -> None:
    text = page(report_of(fleet_of(20)))
    found = Elements(text)
    assert found.tags.count("script") == found.tags.count("style") == 1
    assert not {"img", "iframe", "link", "object", "form"} & set(found.tags)
    assert not {name for name in found.attributes if name.startswith("on")}
    assert found.links and all(link.startswith("https://") for link in found.links)
    assert "&lt;script&gt;window.hostile" in text
    assert HOSTILE_LINK in text
    assert "{{ 7*7 }}" in text
    assert text.count('scope="row"') == 20
    assert re.search(r"script-src &#39;sha256-|script-src 'sha256-", text)


def test_what_stands_after_a_failed_rotation_is_in_every_file() -> None:
    fleet = fleet_of(0)
    for module, message in (("snow_connection_alias", "It failed."), ("fail", "It failed. The <old> one stands.")):
        fleet.take(event("acme", module, {"msg": message}, outcome="failed", entry="rotate"))
    report = report_of(fleet)
    Draft202012Validator(SCHEMA).validate(report)
    assert report["instances"][0]["failure"]["stands"] == "The <old> one stands."
    assert "<dt>Now</dt><dd>The &lt;old&gt; one stands.</dd>" in page(report)
    assert "The <old> one stands." in "".join(ElementTree.fromstring(junit(report).encode()).itertext())


def test_notes_are_in_every_file() -> None:
    fleet = fleet_of(1)
    facts = {"ansible_facts": {"qualtrics_spoke_result": {"notes": ["An <orphan>."]}}}
    fleet.take(event("acme000", "set_fact", facts))
    report = report_of(fleet)
    Draft202012Validator(SCHEMA).validate(report)
    assert report["instances"][0]["notes"] == ["An <orphan>."]
    assert "<dt>Note</dt><dd>An &lt;orphan&gt;.</dd>" in page(report)
    suite = ElementTree.fromstring(junit(report).encode())[0]
    assert [element.text for element in suite.findall("system-out")] == ["An <orphan>."]


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "http://x", "data:text/html,x", " https://x", 'https://x"y', "https://x y", ""]
)
def test_only_plain_https_is_a_link(url: str) -> None:
    assert safe_link(url) == ""
    assert safe_link("https://acme.service-now.com/nav_to.do?uri=x%3Dy") != ""


def test_every_state_has_a_word_and_a_sign_of_its_own() -> None:
    assert len({WORDS[status] for status in STATUSES}) == len({SIGNS[status] for status in STATUSES}) == len(STATUSES)


def test_files_are_replaced_as_a_whole_and_nothing_else_is_left(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "b"
    for number in (20, 1):
        write_files(report_of(fleet_of(number)), folder)
    assert sorted(path.name for path in folder.iterdir()) == ["report.html", "report.json", "report.xml"]
    assert json.loads((folder / "report.json").read_text())["counts"]["instances"] == 1
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError):
        write_files(report_of(fleet_of(1)), tmp_path / "file")
