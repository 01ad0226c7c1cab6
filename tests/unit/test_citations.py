# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""What the code cites can be opened: each "servicenow-rest 1.3" leads to a section of that page under docs/facts."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FACTS = ROOT / "docs" / "facts"
FOLDERS = ("plugins", "roles", "sandbox", "tests", "tools", "docs")
SUFFIXES = {".py", ".js", ".md", ".yml"}
#: Citing less than this means that the search below is broken, or that sources were dropped. Raise it as citations are added.
FEWEST_CITATIONS = 165

NUMBER = r"\d+(?:\.\d+)?(?![\w%]|\.\d)"
PART = rf'{NUMBER}(?:\s+(?:fact|no\.)\s+\d+)?(?:\s+"[^"]+")?'
CITATION = re.compile(
    rf"(?<![\w./-])`?(?P<page>servicenow-rest|servicenow-connections|qualtrics)`?\s+(?P<parts>{PART}(?:(?:,\s+|\s+and\s+|\s+to\s+|-){PART})*)"
)
ONE_PART = re.compile(rf'(?P<number>{NUMBER})(?:\s+(?:fact|no\.)\s+(?P<item>\d+))?(?:\s+"(?P<words>[^"]+)")?')
# In a file whose first lines cite one page, a section of that page goes by its number alone.
BARE = re.compile(r"\((?:[a-z ]+, )?(\d\.\d+)\)\.?\"\"\"")
HEADING = re.compile(r"^#{2,3} (\d+(?:\.\d+)?)\.? ", re.MULTILINE)


def sections(page: str) -> dict[str, str]:
    """The sections of a page of facts by their numbers, each with the text up to the next heading."""
    text = (FACTS / f"{page}.md").read_text(encoding="utf-8")
    found = list(HEADING.finditer(text))
    ends = [heading.start() for heading in found[1:]] + [len(text)]
    return {heading[1]: text[heading.end() : end] for heading, end in zip(found, ends)}


PAGES = {page: sections(page) for page in ("servicenow-rest", "servicenow-connections", "qualtrics")}


def unresolved(page: str, part: re.Match[str]) -> str:
    """Why ``part`` of a citation leads nowhere, empty if it leads somewhere."""
    body = PAGES[page].get(part["number"])
    if body is None:
        return f"there is no section {part['number']}"
    if part["item"] and not re.search(rf"^{part['item']}\. ", body, re.MULTILINE):
        return f"section {part['number']} has no number {part['item']}"
    if part["words"] and part["words"].casefold() not in body.casefold():
        return f"section {part['number']} does not say {part['words']!r}"
    return ""


def citations(text: str) -> list[tuple[str, re.Match[str]]]:
    """Each page and part of it that ``text`` cites."""
    found = [
        (citation["page"], part)
        for citation in CITATION.finditer(text)
        for part in ONE_PART.finditer(citation["parts"])
    ]
    head = CITATION.search(text[:400])
    if head and text[: head.start()].count("\n") < 4:
        found += [(head["page"], part) for bare in BARE.finditer(text) if (part := ONE_PART.fullmatch(bare[1]))]
    return found


def cited() -> list[tuple[str, str, re.Match[str]]]:
    """Every citation of the repository, with the file that it stands in."""
    files = (path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*")) if path.suffix in SUFFIXES)
    own = (path for path in files if path != Path(__file__) and "node_modules" not in path.parts)
    return [
        (str(path.relative_to(ROOT)), *found) for path in own for found in citations(path.read_text(encoding="utf-8"))
    ]


def test_every_citation_leads_to_a_section() -> None:
    problems = [f"{file}: {page} {part[0]}: {why}" for file, page, part in cited() if (why := unresolved(page, part))]
    assert not problems, "\n".join(problems)


def test_the_search_finds_the_citations_there_are() -> None:
    assert len(cited()) >= FEWEST_CITATIONS


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("(servicenow-rest 1.3)", ["1.3"]),
        ("(servicenow-rest 1.5 no. 7). More", ["1.5 no. 7"]),
        ('(servicenow-rest 4 "Which retries are safe")', ['4 "Which retries are safe"']),
        ("(servicenow-connections 3.1 to 3.3), and (qualtrics 2, RFC 6749 4.4)", ["3.1", "3.3", "2"]),
        ("(servicenow-connections 1.3, servicenow-rest 5)", ["1.3", "5"]),
        ("(servicenow-rest 0.1 fact 2 and 1.3), (qualtrics 2-5)", ["0.1 fact 2", "1.3", "2", "5"]),
        ("the spoke sn_qualtrics 1.2 and qualtrics 1.2.0", []),
    ],
)
def test_how_a_citation_is_written(text: str, expected: list[str]) -> None:
    assert [part[0] for _where, part in citations(text)] == expected


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("(qualtrics 77)", "no section 77"),
        ("(servicenow-rest 0.1 fact 13)", "no number 13"),
        ('(servicenow-rest 4 "No such words")', "does not say"),
    ],
)
def test_a_citation_that_leads_nowhere_is_noticed(text: str, why: str) -> None:
    ((page, part),) = citations(text)
    assert why in unresolved(page, part)


@pytest.mark.parametrize("page", sorted(PAGES))
def test_each_fact_has_every_cell_of_its_table(page: str) -> None:
    columns = 0
    for line in (FACTS / f"{page}.md").read_text(encoding="utf-8").splitlines():
        cells = len(re.findall(r"(?<!\\)\|", line)) if line.startswith("|") else 0
        assert not (cells and columns) or cells == columns, line
        columns = cells


@pytest.mark.parametrize("page", sorted(PAGES))
def test_sources_can_be_opened_by_anybody(page: str) -> None:
    text = (FACTS / f"{page}.md").read_text(encoding="utf-8")
    # A number of an index that readers cannot ask.
    assert not re.findall(r"\b(?:ids? |fs:)\d{6,}", text)
