# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""What tables there are: read from the texts in `tables`, immutable, shared by all instances.

Notation: ``table NAME [: PARENT] "Label"``, then indented

- ``@read``, ``@write``, ``@create``, ``@delete`` with the roles that may; create and delete follow write, and a table follows its
  parent where it says nothing. ``nobody`` keeps even admin out, ``snc_internal`` is anybody with a role;
- ``@closed``: not open to web services (``sys_db_object.ws_access`` false), ``@open`` undoes the parent's;
- columns: ``name type[(max_length)] [-> referenced table] [flags] [= default] [flags] [| value: Label ...]``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache

from .tables import TEXTS

TABLE_LINE = re.compile(r'table (\w+)(?: : (\w+))? "(.*)"')
COLUMN_LINE = re.compile(
    r"(?P<name>\w+) (?P<type>\w+)(?:\((?P<length>\d+)\))?(?: -> (?P<reference>\w+))?(?: = (?P<default>\S+))?(?P<flags>(?: \w+)*)"
)
FLAGS = ("read_only", "mandatory", "unique", "display")
SYSTEM_COLUMNS = """
  sys_id GUID(32) read_only
  sys_created_on glide_date_time read_only
  sys_created_by string(40) read_only
  sys_updated_on glide_date_time read_only
  sys_updated_by string(40) read_only
  sys_mod_count integer read_only
"""


@dataclass(frozen=True)
class Column:
    """One column; ``table`` is where it was defined, ``max_length`` 0 for no limit."""

    name: str
    table: str
    type: str
    max_length: int = 0
    reference: str = ""
    default: str = ""
    flags: frozenset[str] = frozenset()
    choices: Mapping[str, str] = field(default_factory=dict)

    @property
    def label(self) -> str:
        """What people read on the form."""
        return self.name.replace("_", " ").capitalize()


@dataclass(frozen=True)
class Table:
    """One table with its own and inherited columns; ``lineage`` is the table itself, its parent and so on."""

    name: str
    label: str
    lineage: tuple[str, ...]
    columns: Mapping[str, Column]
    display: str
    roles: Mapping[str, frozenset[str]]
    ws_access: bool


class Schema:
    """All tables, by name."""

    def __init__(self, texts: tuple[str, ...]) -> None:
        self.tables: dict[str, Table] = {}
        for text in texts:
            for block in re.split(r"\n(?=table )", text.strip()):
                self._add(block.splitlines())
        self._families = {
            name: tuple(other.name for other in self.tables.values() if name in other.lineage) for name in self.tables
        }

    def __getitem__(self, name: str) -> Table:
        return self.tables[name]

    def __contains__(self, name: str) -> bool:
        return name in self.tables

    def __iter__(self) -> Iterator[Table]:
        return iter(self.tables.values())

    def family(self, name: str) -> tuple[str, ...]:
        """The table ``name`` and all that extend it."""
        return self._families.get(name, ())

    def _add(self, lines: list[str]) -> None:
        heading = TABLE_LINE.fullmatch(lines[0])
        if not heading:
            raise ValueError(f"not a table: {lines[0]}")
        name, parent_name, label = heading.groups()
        parent = self.tables[parent_name] if parent_name else None
        columns = dict(parent.columns) if parent else {}
        roles = dict(parent.roles) if parent else {}
        ws_access = parent.ws_access if parent else True
        column_lines = lines[1:] if parent else SYSTEM_COLUMNS.splitlines()[1:] + lines[1:]
        for line in (line.strip() for line in column_lines if line.strip()):
            if line in ("@closed", "@open"):
                ws_access = line == "@open"
            elif line.startswith("@"):
                operation, *allowed = line[1:].split()
                for affected in ("write", "create", "delete") if operation == "write" else (operation,):
                    roles[affected] = frozenset(allowed)
            else:
                column = _column(line, name)
                columns[column.name] = column
        display = next((column.name for column in reversed(columns.values()) if "display" in column.flags), "sys_id")
        if display == "sys_name" and "name" in columns:
            display = "name"
        self.tables[name] = Table(
            name, label, (name, *(parent.lineage if parent else ())), columns, display, roles, ws_access
        )


def _column(line: str, table: str) -> Column:
    definition, *choices = line.split(" | ")
    match = COLUMN_LINE.fullmatch(definition)
    if not match:
        raise ValueError(f"not a column of {table}: {line}")
    flags = frozenset(match["flags"].split())
    if not flags <= set(FLAGS):
        raise ValueError(f"unknown flag in {table}: {line}")
    return Column(
        match["name"],
        table,
        match["type"],
        int(match["length"] or 0),
        match["reference"] or "",
        match["default"] or ("false" if match["type"] == "boolean" else ""),
        flags,
        dict(choice.split(": ", 1) for choice in choices),
    )


@cache
def platform_schema() -> Schema:
    """The dictionary that every instance has."""
    return Schema(TEXTS)
