# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""The catalogue of failures: classes, README and every module's RETURN list the same kinds."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
import yaml
from ansible_collections.snow_ops.spokes.plugins.module_utils import _errors
from ansible_collections.snow_ops.spokes.plugins.module_utils._errors import SpokesError, kinds
from support import ROOT

MODULES = sorted((ROOT / "plugins" / "modules").glob("*.py"))
CODE = sorted((ROOT / "plugins" / "module_utils").rglob("*.py"))


def classes_in(text: str) -> dict[str, str]:
    """The classes that ``text`` defines, with their first base."""
    return {
        node.name: getattr(node.bases[0], "id", "") if node.bases else ""
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.ClassDef)
    }


def test_every_error_is_defined_in_the_catalogue() -> None:
    catalogue = classes_in((ROOT / "plugins/module_utils/_errors.py").read_text())
    assert len(catalogue) >= 16
    for file in CODE:
        if file.name != "_errors.py":
            stray = {name for name, base in classes_in(file.read_text()).items() if base in catalogue}
            assert stray == set(), file


def test_the_table_names_every_class_and_kind() -> None:
    rows = re.findall(r"^\| (\w+) \| ([\w, ]+) \|", _errors.__doc__ or "", re.MULTILINE)
    listed = {(kind, name) for kind, names in rows if kind != "kind" for name in names.split(", ")}
    assert listed == {(value.kind, name) for name, value in vars(_errors).items() if is_error(value)}
    assert sorted({kind for kind, _name in listed}) == kinds()
    assert len(kinds()) >= 13


def is_error(value: object) -> bool:
    return isinstance(value, type) and issubclass(value, SpokesError) and value is not SpokesError


def test_the_readme_lists_every_kind() -> None:
    text = (ROOT / "README.md").read_text()
    listed = re.search(r"`result\.error\.kind`: (.*?)(?:\.|\(|\n\n)", text, re.DOTALL)
    assert listed is not None
    assert sorted(re.findall(r"`(\w+)`", listed[1])) == kinds()


@pytest.mark.parametrize("file", MODULES, ids=[file.stem for file in MODULES])
def test_every_module_documents_the_failure(file: Path) -> None:
    returned = re.search(r'^RETURN = r"""\n(.*?)"""', file.read_text(), re.MULTILINE | re.DOTALL)
    assert returned is not None
    documented = yaml.safe_load(returned[1])["error"]["contains"]
    assert set(documented) == set(SpokesError("x").as_result(str)["error"])
    assert sorted(re.findall(r"V\((\w+)\)", " ".join(documented["kind"]["description"]))) == kinds()
