# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""Collects every message that a user can meet from the places in the code that raise it, for the page *When it fails*."""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tools.docs.expressions import Scope, Source, sources, texts
from tools.docs.templates import VARIES, parts, readings, steps, tidy

ROOT = Path(__file__).resolve().parents[2]
ERRORS = ROOT / "plugins" / "module_utils" / "_errors.py"
PARTS = ("what", "where", "why", "advice", "request_id")
NO_ADVICE = {
    VARIES: "What to do depends on the case, and stands in the message.",
    "": "The message says where, and why as far as known.",
}
FINDINGS = ("findings.blocks", "findings.may_block", "findings.note")
# The calls whose first argument becomes a warning.
WARNS = re.compile(r"(?:\b(?:warnings|notices)\b['\"\]]*\.append|\.warn|display\.(?:warning|error))$")


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


@functools.cache
def raised() -> list[Message]:
    """The errors of the modules, in the order of the files."""
    return [message for source in sources("module_utils") for message in _raised_in(source)]


def _raised_in(source: Source) -> Iterator[Message]:
    kinds = kinds_by_class()
    for node in ast.walk(source.tree):
        if not isinstance(node, ast.Call) or ast.unparse(node.func) not in kinds:
            continue
        scope = source.scope(node)
        arguments = _arguments(node, PARTS)
        advice = _joined(arguments["advice"], scope) if "advice" in arguments else ""
        for text in texts(arguments.get("what"), scope):
            yield Message(kinds[ast.unparse(node.func)], tidy(text), advice, source.place)


def _arguments(call: ast.Call, names: tuple[str, ...]) -> dict[str, ast.expr]:
    return dict(zip(names, call.args)) | {word.arg: word.value for word in call.keywords if word.arg}


def _joined(node: ast.expr, scope: Scope) -> str:
    """All texts of an expression that have words, or the mark where none has."""
    return " / ".join(dict.fromkeys(tidy(text) for text in texts(node, scope) if has_words(text))) or VARIES


def has_words(text: str) -> bool:
    """Whether there is something to be found in ``text`` besides what varies."""
    return re.search(r"\w{2}", text.replace(VARIES, "")) is not None


@functools.cache
def problems() -> list[Message]:
    """What snow_spoke_info and the roles' prerequisites list as problems."""
    found = []
    for source in sources("module_utils"):
        for node in ast.walk(source.tree):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in FINDINGS:
                scope, arguments = source.scope(node), _arguments(node, ("what", "advice"))
                advice = _joined(arguments["advice"], scope)
                found += [
                    Message("", tidy(text), advice, source.place)
                    for text in texts(arguments["what"], scope)
                    if has_words(text)
                ]
    return found


@functools.cache
def manual_steps() -> list[Message]:
    """What is left to a person: what to do and why, and how it is done."""
    found = []
    for source in sources("module_utils"):
        for node in ast.walk(source.tree):
            if isinstance(node, ast.Dict):
                values = {
                    key.value: value for key, value in zip(node.keys, node.values) if isinstance(key, ast.Constant)
                }
                if {"what", "why", "how"} <= set(values):
                    scope = source.scope(node)
                    reasons = [text for value in _reasons(values["why"]) for text in texts(value[0], value[1] or scope)]
                    found += [
                        Message("", tidy(f"{what}: {why}"), tidy(texts(values["how"], scope)[0]), source.place)
                        for what in texts(values["what"], scope)
                        for why in dict.fromkeys(reasons)
                        if has_words(why)
                    ]
    for path, template in _variables_of_roles():
        found += [
            Message("", tidy(f"{step['what']}: {step['why']}"), tidy(step["how"]), path) for step in steps(template)
        ]
    return found


def _reasons(node: ast.expr) -> list[tuple[ast.expr, Scope | None]]:
    """An expression, or what an attribute is made with anywhere in the modules."""
    if not isinstance(node, ast.Attribute):
        return [(node, None)]
    return [
        (word.value, source.scope(call))
        for source in sources("module_utils")
        for call in ast.walk(source.tree)
        if isinstance(call, ast.Call)
        for word in call.keywords
        if word.arg == node.attr
    ]


@functools.cache
def warnings() -> list[Message]:
    """The warnings of modules, and of the callback."""
    found = []
    for folder in ("module_utils", "callback", "action", "plugin_utils"):
        for source in sources(folder):
            for node in ast.walk(source.tree):
                found += [
                    Message("", tidy(text), "", source.place)
                    for value in _warnings_at(node)
                    for text in texts(value, source.scope(value))
                    if has_words(text)
                ]
    return found


def _warnings_at(node: ast.AST) -> Iterator[ast.expr]:
    """What becomes a warning at a place in the code."""
    if isinstance(node, ast.Call):
        if WARNS.search(ast.unparse(node.func)) and node.args:
            yield node.args[0]
        yield from (entry for word in node.keywords if word.arg == "warnings" for entry in _entries(word.value))
    elif isinstance(node, ast.Dict):
        named = [value for key, value in zip(node.keys, node.values) if key and ast.unparse(key) == "'warnings'"]
        yield from (entry for value in named for entry in _entries(value))
    elif isinstance(node, ast.Assign) and re.search(r"\bwarnings\b", ast.unparse(node.targets[0])):
        yield from _entries(node.value)
    elif isinstance(node, ast.FunctionDef) and _gives_warnings(node):
        returned = [inner.value for inner in ast.walk(node) if isinstance(inner, ast.Return) and inner.value]
        yield from (entry for value in returned for entry in (_entries(value) or [value]))


def _gives_warnings(function: ast.FunctionDef) -> bool:
    summary = (ast.get_docstring(function) or "").partition("\n")[0]
    return "warning" in function.name or re.search(r"\bwarnings\b|\bthe fault\b", summary) is not None


def _entries(node: ast.expr) -> list[ast.expr]:
    if isinstance(node, (ast.List, ast.Tuple)):
        return [entry for entry in node.elts if not isinstance(entry, ast.Starred)]
    if isinstance(node, (ast.ListComp, ast.GeneratorExp)):
        return [node.elt]
    return [*_entries(node.body), *_entries(node.orelse)] if isinstance(node, ast.IfExp) else []


@functools.cache
def of_roles() -> list[Message]:
    """What the roles and playbooks fail with, and the lookups."""
    found = []
    for path, names, task in _all_tasks():
        message = _of(task, "assert").get("fail_msg", "") or _of(task, "fail").get("msg", "")
        found += [Message("", tidy(text), "", path) for text in readings(str(message), names) if has_words(text)]
        found += [Message("", hint, "", path) for hint in re.findall(r"undef\(hint='([^']*)'", str(task))]
    for folder in ("lookup", "plugin_utils"):
        for source in sources(folder):
            for node in ast.walk(source.tree):
                if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("AnsibleError") and node.args:
                    found += [
                        Message("", tidy(text), "", source.place) for text in texts(node.args[0], source.scope(node))
                    ]
    return [message for message in found if has_words(message.text)]


@functools.cache
def said_by_roles() -> list[Message]:
    """What the roles say besides: results, notes, and the parts of which longer messages are made."""
    found = []
    for path, names, task in _all_tasks():
        templates = [str(_of(task, "debug").get("msg", "")), str(_of(task, "assert").get("success_msg", ""))]
        for template in templates:
            found += [Message("", tidy(text), "", path) for text in [*readings(template, names), *parts(template)]]
    for path, template in _variables_of_roles():
        found += [Message("", tidy(text), "", path) for text in [*readings(template, {}), *parts(template)]]
    return [message for message in found if is_sentence(message.text)]


def is_sentence(text: str) -> bool:
    """Whether ``text`` speaks to people, unlike a name or a pattern."""
    if text.startswith((",", ";")):
        return False
    return len(re.findall(r"(?<![\w.])[a-z]{2,}(?![\w.(])", text)) >= 3 and not re.search(r"[\\^$]|\(\?", text)


def _of(task: dict[str, Any], name: str) -> dict[str, Any]:
    found = task.get(f"ansible.builtin.{name}")
    return found if isinstance(found, dict) else {}


def _all_tasks() -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
    """Every task of roles and playbooks, with the file and the variables that the role gives it."""
    for path in sorted([*(ROOT / "roles").glob("*/tasks/*.yml"), *(ROOT / "playbooks").glob("*.yml")]):
        tasks = list(_tasks(yaml.safe_load(path.read_text(encoding="utf-8"))))
        names = _variables(path.parents[1] / "vars" / "main.yml")
        for task in tasks:
            names |= task.get("vars") or {}
        for task in tasks:
            yield path.relative_to(ROOT).as_posix(), names, task


def _variables(path: Path) -> dict[str, Any]:
    return dict(yaml.safe_load(path.read_text(encoding="utf-8"))) if path.is_file() else {}


def _variables_of_roles() -> Iterator[tuple[str, str]]:
    """The templates of the variables that tasks set or are given."""
    for path, _names, task in _all_tasks():
        for value in _strings([task.get("vars"), _of(task, "set_fact")]):
            yield path, value


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, (list, dict)):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _strings(inner)


def _tasks(document: object) -> Iterator[dict[str, Any]]:
    if isinstance(document, list):
        for entry in document:
            yield from _tasks(entry)
    elif isinstance(document, dict):
        yield document
        for name in ("tasks", "block", "rescue", "always"):
            yield from _tasks(document.get(name))


def names_in_roles() -> list[tuple[str, str]]:
    """What stands in the messages of the modules, and what in its place where a role runs them."""
    found = []
    for path in sorted((ROOT / "roles").glob("*/vars/main.yml")):
        for name, words in _variables(path).items():
            if re.fullmatch(r"__\w+_names(?:_in_\w+)?", name):
                found += [(str(word), " ".join(str(other).split())) for word, other in words.items()]
    return list(dict.fromkeys(found))


@functools.cache
def page() -> str:
    """The generated half of the page: the messages of each kind, and of each way to say them."""
    lines: list[str] = []
    messages = raised()
    for kind in sorted({message.kind for message in messages}):
        own = [message for message in messages if message.kind == kind]
        lines += [f"### Messages of the kind `{kind}`", "", *_with_advice(own)]
    lines += ["### Messages of the roles, the playbooks and the lookups", "", "These say themselves what to do.", ""]
    lines += [*_listed(of_roles()), "", "### Problems", ""]
    lines += ["What `snow_spoke_info` returns as `problems`, and the roles name before anything is written.", ""]
    lines += [*_with_advice(problems()), "### Manual steps", ""]
    lines += ["What a task returns as `manual_steps`; `url` leads to the record.", ""]
    lines += [*_with_advice(manual_steps()), "### Warnings", "", *_listed(warnings()), ""]
    lines += ["### What the roles say besides", "", "Results, notes, and parts of longer messages.", ""]
    lines += [*_listed(said_by_roles()), "", "### Names in messages of the roles", ""]
    lines += [
        "The longest entry that fits counts.",
        "",
        "| In a module's message | In a role's message |",
        "| --- | --- |",
    ]
    lines += [
        f"| {_cell(word)} | {_cell(other)} |"
        for word, other in sorted(names_in_roles(), key=lambda entry: (entry[0].lower(), *entry))
    ]
    return "\n".join(lines) + "\n"


def _with_advice(messages: Iterable[Message]) -> Iterator[str]:
    """Each message, and what to do."""
    entries = {(message.text, message.advice) for message in messages if has_words(message.text)}
    advised = {text for text, advice in entries if has_words(advice)}
    for text, advice in sorted(entries, key=lambda entry: (entry[0].lower(), *entry)):
        if has_words(advice):
            yield from (_cell(text), f": {_cell(advice)}", "")
        elif text not in advised:
            advised.add(text)
            yield from (_cell(text), f": {NO_ADVICE[advice]}", "")


def _listed(messages: Iterable[Message]) -> list[str]:
    return [f"- {_cell(text)}" for text in sorted({message.text for message in messages}, key=str.lower)]


def knows(kind: str, what: str) -> bool:
    """Whether the page has the message ``what`` that a task of that ``kind`` failed with."""
    return any(pattern.fullmatch(" ".join(what.split())) for pattern in _patterns().get(kind, ()))


@functools.cache
def _patterns() -> dict[str, list[re.Pattern[str]]]:
    """What the messages of each kind look like."""
    found: dict[str, list[re.Pattern[str]]] = {}
    for message in raised():
        words = message.text
        if has_words(words):
            pattern = re.compile(".*".join(map(re.escape, words.split(VARIES))))
            found.setdefault(message.kind, []).append(pattern)
    return found


def _cell(text: str) -> str:
    """``text`` as Markdown that shows it as it is."""
    return re.sub(r"([\\`*_{}\[\]<>|#$~])", r"\\\1", " ".join(text.split()))
