# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""Collects every message that a user can meet from the places in the code that raise it, for the page *When it fails*."""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
ERRORS = ROOT / "plugins" / "module_utils" / "_errors.py"
VARIES = "…"
PARTS = ("what", "where", "why", "advice", "request_id")


@dataclass(frozen=True)
class Message:
    """One message: its ``kind`` (empty for those of roles and playbooks), its words, and what to do, where the code says it on the spot."""

    kind: str
    text: str
    advice: str
    place: str


def kinds_by_class() -> dict[str, str]:
    """The kind of each class of `_errors`."""
    kinds: dict[str, str] = {"SpokesError": ""}
    for node in ast.parse(ERRORS.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ClassDef) and node.bases and ast.unparse(node.bases[0]) in kinds:
            own = [
                entry.value
                for entry in node.body
                if isinstance(entry, ast.Assign) and ast.unparse(entry.targets[0]) == "kind"
            ]
            kinds[node.name] = ast.literal_eval(own[0]) if own else kinds[ast.unparse(node.bases[0])]
    del kinds["SpokesError"]
    return kinds


def raised() -> list[Message]:
    """The messages of the modules, in the order of the files."""
    found = []
    for path in sorted((ROOT / "plugins" / "module_utils").rglob("*.py")):
        found += list(_raised_in(path))
    return found


def _raised_in(path: Path) -> Iterator[Message]:
    kinds = kinds_by_class()
    tree = ast.parse(path.read_text(encoding="utf-8"))
    module = {name: values[-1] for name, values in _assigned(tree.body).items()}
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or ast.unparse(node.func) not in kinds:
            continue
        around = [function for function in functions if function.lineno <= node.lineno <= (function.end_lineno or 0)]
        local = {**_given(around[-1], tree), **_assigned(ast.walk(around[-1]))} if around else {}
        arguments = dict(zip(PARTS, node.args)) | {word.arg: word.value for word in node.keywords if word.arg}
        advice = " / ".join(_texts(arguments["advice"], local, module)) if "advice" in arguments else ""
        for text in _texts(arguments.get("what"), local, module):
            yield Message(
                kinds[ast.unparse(node.func)], text, advice.strip(VARIES + " "), path.relative_to(ROOT).as_posix()
            )


def _given(function: ast.FunctionDef, tree: ast.Module) -> dict[str, list[ast.expr]]:
    """What the callers in the same file hand to each parameter of ``function``."""
    names = [argument.arg for argument in function.args.args if argument.arg != "self"]
    found: dict[str, list[ast.expr]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func).removeprefix("self.") == function.name:
            given = dict(zip(names, node.args)) | {word.arg: word.value for word in node.keywords if word.arg}
            for name, value in given.items():
                found.setdefault(name, []).append(value)
    return found


def _assigned(nodes: object) -> dict[str, list[ast.expr]]:
    """What is assigned to each name."""
    found: dict[str, list[ast.expr]] = {}
    for node in nodes:  # type: ignore[attr-defined]
        if isinstance(node, ast.Assign):
            targets = node.targets[0]
            pairs = (
                zip(targets.elts, node.value.elts)
                if isinstance(targets, ast.Tuple) and isinstance(node.value, ast.Tuple)
                else [(targets, node.value)]
            )
            for target, value in pairs:
                if isinstance(target, ast.Name):
                    found.setdefault(target.id, []).append(value)
    return found


def _texts(node: ast.expr | None, local: dict[str, list[ast.expr]], module: dict[str, ast.expr]) -> list[str]:
    """The texts that an expression can have, with a mark in the place of what varies."""
    if isinstance(node, ast.Name) and node.id in local:
        return [text for value in local[node.id] for text in _texts(value, {}, module)]
    if isinstance(node, ast.Name) and node.id in module:
        return _texts(module[node.id], {}, {})
    if isinstance(node, ast.IfExp):
        return [*_texts(node.body, local, module), *_texts(node.orelse, local, module)]
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return [
            left + right for left in _texts(node.left, local, module) for right in _texts(node.right, local, module)
        ]
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return [node.value]
    if isinstance(node, ast.JoinedStr):
        parts = [part.value if isinstance(part, ast.Constant) else VARIES for part in node.values]
        return ["".join(map(str, parts))]
    return [VARIES]


def of_roles() -> list[Message]:
    """The messages of the roles' and playbooks' assertions, and of the lookups."""
    found = []
    for path in sorted([*(ROOT / "roles").glob("*/tasks/*.yml"), *(ROOT / "playbooks").glob("*.yml")]):
        for task in _tasks(yaml.safe_load(path.read_text(encoding="utf-8"))):
            message = (task.get("ansible.builtin.assert") or {}).get("fail_msg", "") or (
                task.get("ansible.builtin.fail") or {}
            ).get("msg", "")
            found += [
                Message("", _skeleton(text), "", path.relative_to(ROOT).as_posix()) for text in _alternatives(message)
            ]
    for path in sorted(
        [*(ROOT / "plugins" / "lookup").glob("*.py"), *(ROOT / "plugins" / "plugin_utils").glob("*.py")]
    ):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("AnsibleError") and node.args:
                found += [
                    Message("", text, "", path.relative_to(ROOT).as_posix()) for text in _texts(node.args[0], {}, {})
                ]
    return found


def _tasks(document: object) -> Iterator[dict[str, object]]:
    if isinstance(document, list):
        for entry in document:
            yield from _tasks(entry)
    elif isinstance(document, dict):
        yield document
        for name in ("tasks", "block", "rescue", "always"):
            yield from _tasks(document.get(name))


def _alternatives(template: str) -> list[str]:
    """The templates that one with ``if`` and ``else`` stands for; none of an empty one."""
    choice = re.search(r"{%-? if .*?%}(.*?){%-? else -?%}(.*?){%-? endif -?%}", template, re.DOTALL)
    if choice is None:
        return [template] if template else []
    before, after = template[: choice.start()], template[choice.end() :]
    return [text for middle in choice.groups() for text in _alternatives(before + middle + after)]


def _skeleton(template: str) -> str:
    """A Jinja template's own words."""
    text = re.sub(r"{%.*?%}", "", re.sub(r"{{.*?}}", VARIES, template, flags=re.DOTALL), flags=re.DOTALL)
    return " ".join(text.split())


def page() -> str:
    """The generated half of the page: tables of messages by kind."""
    lines: list[str] = []
    messages = raised()
    for kind in sorted({message.kind for message in messages}):
        lines += [f"### Messages of the kind `{kind}`", ""]
        own = {
            (message.text, message.advice): message
            for message in messages
            if message.kind == kind and message.text.strip(VARIES + " ")
        }
        for text, advice in sorted(own, key=lambda entry: entry[0].lower()):
            lines += [
                f"{_cell(text)}",
                f": {_cell(advice) or 'What to do depends on the case, and stands in the message.'}",
                "",
            ]
    lines += [
        "### Messages of the roles, the playbooks and the lookups",
        "",
        "These say in their own words what to do.",
        "",
    ]
    lines += [f"- {_cell(text)}" for text in sorted({message.text for message in of_roles()}, key=str.lower)]
    return "\n".join(lines) + "\n"


def knows(kind: str, what: str) -> bool:
    """Whether the page has the message ``what`` that a task of that ``kind`` failed with."""
    return any(pattern.fullmatch(" ".join(what.split())) for pattern in _patterns().get(kind, ()))


@functools.cache
def _patterns() -> dict[str, list[re.Pattern[str]]]:
    """What the messages of each kind look like."""
    found: dict[str, list[re.Pattern[str]]] = {}
    for message in raised():
        words = " ".join(message.text.split())
        if words.strip(VARIES + " "):
            pattern = re.compile(".*".join(map(re.escape, words.split(VARIES))))
            found.setdefault(message.kind, []).append(pattern)
    return found


def _cell(text: str) -> str:
    """``text`` as Markdown that shows it as it is."""
    return re.sub(r"([\\`*_{}\[\]<>|#$~])", r"\\\1", " ".join(text.split()))
