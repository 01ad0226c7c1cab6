# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""Encoded queries (servicenow-rest 1.3): text to condition, and the order of the answer.

What cannot be understood, or may not be read, is dropped and reported in `Query.dropped`: the caller decides what that means.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from .schema import Column, Table
from .store import Row, Store

Test = Callable[[Row], bool]
Getter = Callable[[Row], str]
MayRead = Callable[[Table, Column], bool]

OPERATORS = (
    "NOT IN", "NOT LIKE", "STARTSWITH", "ENDSWITH", "BETWEEN", "ISEMPTY", "ISNOTEMPTY", "EMPTYSTRING", "ANYTHING", "INSTANCEOF",
    "NSAMEAS", "SAMEAS", "LIKE", "IN", "!=", "<=", ">=", "!*", "=", "<", ">", "*", "%",
)  # fmt: skip
TERM = re.compile(rf"([a-z0-9_.]+)({'|'.join(re.escape(operator) for operator in OPERATORS)})(.*)", re.DOTALL)
SEPARATOR = re.compile(r"\^\^|\^")


@dataclass(frozen=True)
class Asker:
    """Who asks: the user that ``javascript:`` values stand for, and whether a column of a table may be read."""

    user_id: str = ""
    user_name: str = ""
    may_read: MayRead = lambda table, column: True


@dataclass
class Query:
    """A parsed query. ``groups`` are alternatives, each a list of conditions that all have to hold."""

    groups: list[list[Test]] = field(default_factory=list)
    order: list[tuple[Getter, bool]] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)

    def select(self, rows: Iterable[Row]) -> list[Row]:
        """The rows that fulfil the query, in its order."""
        groups = self.groups
        if groups:
            rows = (row for row in rows if any(all(test(row) for test in tests) for tests in groups))
        found = list(rows)
        for getter, is_descending in reversed(self.order):
            found.sort(key=lambda row: _sort_key(getter(row)), reverse=is_descending)
        return found


def parse(text: str, table: Table, store: Store, asker: Asker) -> Query:
    """The query that ``text`` means on ``table``."""
    query = Query()
    groups: list[list[list[Test]]] = [[]]
    for term in split_terms(text):
        if term.startswith("ORDERBY"):
            is_descending = term.startswith("ORDERBYDESC")
            path = term.removeprefix("ORDERBYDESC" if is_descending else "ORDERBY")
            found = walk(path, table, store, asker.may_read)
            if found is None:
                query.dropped.append(term)
                continue
            query.order.append((_display_getter(*found, store), is_descending))
            continue
        if term == "EQ" or not term or term.startswith("GROUPBY"):
            continue
        is_alternative = term.startswith("OR")
        if term.startswith("NQ"):
            groups.append([])
        body = term[2:] if is_alternative or term.startswith("NQ") else term
        if not is_alternative or not groups[-1]:
            groups[-1].append([])
        test = _condition(body, table, store, asker)
        if test is None:
            query.dropped.append(term)
        else:
            groups[-1][-1].append(test)
    query.groups = [[_any_of(tests) for tests in group if tests] for group in groups]
    # A group that lost all its conditions matches everything, and so does the query: that is the trap.
    if not all(query.groups):
        query.groups = []
    return query


def split_terms(text: str) -> list[str]:
    """The terms between the carets; a doubled caret is one in a value."""
    terms = [""]
    position = 0
    for match in SEPARATOR.finditer(text):
        terms[-1] += text[position : match.start()]
        if match.group() == "^^":
            terms[-1] += "^"
        else:
            terms.append("")
        position = match.end()
    terms[-1] += text[position:]
    return terms


def walk(path: str, table: Table, store: Store, may_read: MayRead) -> tuple[Getter, Column] | None:
    """How to read the dot-walked ``path`` from a row of ``table`` and the column it ends in; None if it leads nowhere.

    ``ref_TABLE`` steps down to a table that extends the one referred to.
    """
    first, *rest = path.split(".")
    column = table.columns.get(first)
    if column is None or not may_read(table, column):
        return None
    if not rest:
        return (lambda row: row.get(first, "")), column
    target = column.reference
    if rest[0].startswith("ref_"):
        target = rest.pop(0).removeprefix("ref_")
    if not rest or target not in store.schema or column.type == "glide_list":
        return None
    further = walk(".".join(rest), store.schema[target], store, may_read)
    if further is None:
        return None
    getter, last = further

    def get(row: Row) -> str:
        referred = store.get(target, row.get(first, ""))
        return getter(referred) if referred is not None else ""

    return get, last


#: The operators that compare with nothing.
WITHOUT_VALUE: dict[str, Callable[[str], bool]] = {
    "ISEMPTY": lambda value: not value,
    "EMPTYSTRING": lambda value: not value,
    "ISNOTEMPTY": bool,
    "ANYTHING": lambda _value: True,
}


def _condition(term: str, table: Table, store: Store, asker: Asker) -> Test | None:
    match = TERM.fullmatch(term)
    if not match:
        return None
    path, operator, text = match.groups()
    found = walk(path, table, store, asker.may_read)
    if found is None:
        return None
    getter, column = found
    if text.strip().lower().startswith("javascript:"):
        evaluated = evaluate(text.strip()[len("javascript:") :], asker)
        if evaluated is None:
            return None
        text = evaluated
    if operator in ("SAMEAS", "NSAMEAS"):
        other = walk(text, table, store, asker.may_read)
        if other is None:
            return None
        is_same = operator == "SAMEAS"
        return lambda row: (getter(row) == other[0](row)) is is_same
    if operator == "INSTANCEOF":
        family = store.schema.family(text)
        return lambda row: getter(row) in family
    if operator in WITHOUT_VALUE:
        holds = WITHOUT_VALUE[operator]
        return lambda row: holds(getter(row))
    if column.type == "boolean":
        text = ",".join({"1": "true", "0": "false"}.get(part, part) for part in text.split(","))
    return _comparison(operator, getter, text, column.type == "integer")


def _comparison(operator: str, getter: Getter, text: str, is_number: bool) -> Test | None:
    """Texts are compared as the database does: upper and lower case alike."""
    wanted = text.casefold()
    wanted_list = {part.strip() for part in wanted.split(",")}
    low, _separator, high = text.partition("@")
    tests: dict[str, Callable[[str], bool]] = {
        "=": lambda value: value == wanted,
        "!=": lambda value: value != wanted,
        "IN": lambda value: value in wanted_list,
        "NOT IN": lambda value: value not in wanted_list,
        "LIKE": lambda value: wanted in value,
        "*": lambda value: wanted in value,
        "NOT LIKE": lambda value: wanted not in value,
        "!*": lambda value: wanted not in value,
        "STARTSWITH": lambda value: value.startswith(wanted),
        "ENDSWITH": lambda value: value.endswith(wanted),
        "%": lambda value: value.endswith(wanted),
    }
    if operator in tests:
        test = tests[operator]
        return lambda row: test(getter(row).casefold())
    convert = _number if is_number else str.casefold
    bounds = [convert(part) for part in ((low, high) if operator == "BETWEEN" else (text,))]
    if any(bound is None for bound in bounds):
        return None
    ranges = {
        "<": lambda value: value < bounds[0],
        "<=": lambda value: value <= bounds[0],
        ">": lambda value: value > bounds[0],
        ">=": lambda value: value >= bounds[0],
        "BETWEEN": lambda value: bounds[0] <= value <= bounds[-1],
    }
    in_range = ranges[operator]

    def compare(row: Row) -> bool:
        value = getter(row)
        converted = convert(value) if value else None
        return converted is not None and in_range(converted)

    return compare


def evaluate(script: str, asker: Asker) -> str | None:
    """What the server makes of a ``javascript:`` value; None for what the guarded evaluator refuses (servicenow-rest 8)."""
    known = {"gs.getUserID()": asker.user_id, "gs.getUserName()": asker.user_name}
    return known.get(script.strip().rstrip(";"))


def _any_of(tests: list[Test]) -> Test:
    return tests[0] if len(tests) == 1 else lambda row: any(test(row) for test in tests)


def _display_getter(getter: Getter, column: Column, store: Store) -> Getter:
    """Rows are ordered by what people see of a reference."""
    if column.reference in store.schema and column.type == "reference":
        return lambda row: store.display(column.reference, getter(row)) if getter(row) else ""
    return getter


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _sort_key(text: str) -> tuple[float, str]:
    number = _number(text) if len(text) < 16 else None
    return (number if number is not None else float("inf") if text else float("-inf"), text.casefold())
