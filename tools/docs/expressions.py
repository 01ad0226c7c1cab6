# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""The words of Python expressions: every text that one can have, with a mark in the place of what varies."""

from __future__ import annotations

import ast
import dataclasses
import functools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tools.docs.templates import VARIES, product

ROOT = Path(__file__).resolve().parents[2]
Values = dict[str, list[ast.expr]]
DEEPEST = 4


@dataclass(frozen=True)
class Scope:
    """What is known of the names at a place: all ``values`` that they can have, those that were assigned right ``before`` it,
    and which names have one value for certain.
    """

    values: Values = field(default_factory=dict)
    before: Values = field(default_factory=dict)
    certain: frozenset[str] = frozenset()
    functions: dict[str, ast.FunctionDef] = field(default_factory=dict)
    depth: int = 0


@dataclass(frozen=True)
class Source:
    """A file's calls, each with the scope that it stands in."""

    path: Path
    tree: ast.Module

    @property
    def place(self) -> str:
        """The path in the repository."""
        return self.path.relative_to(ROOT).as_posix()

    @functools.cached_property
    def functions(self) -> list[ast.FunctionDef]:
        """All functions and methods."""
        return [node for node in ast.walk(self.tree) if isinstance(node, ast.FunctionDef)]

    def scope(self, node: ast.AST) -> Scope:
        """The scope of ``node``."""
        line = getattr(node, "lineno", 0)
        around = [function for function in self.functions if function.lineno <= line <= (function.end_lineno or 0)]
        if not around:
            return self._outside
        inside = self._inside[around[-1]]
        return dataclasses.replace(inside, before=_just_before(around[-1], line))

    @functools.cached_property
    def _outside(self) -> Scope:
        return Scope(
            values=assigned(self.tree.body), functions={function.name: function for function in self.functions}
        )

    @functools.cached_property
    def _calls(self) -> dict[str, list[ast.Call]]:
        found: dict[str, list[ast.Call]] = {}
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Call) and isinstance(node.func, (ast.Name, ast.Attribute)):
                name = node.func.id if isinstance(node.func, ast.Name) else ast.unparse(node.func).removeprefix("self.")
                found.setdefault(name, []).append(node)
        return found

    @functools.cached_property
    def _inside(self) -> dict[ast.FunctionDef, Scope]:
        return {function: self._scope_of(function) for function in self.functions}

    def _scope_of(self, function: ast.FunctionDef) -> Scope:
        own = assigned(ast.walk(function))
        open_names = {argument.arg for argument in ast.walk(function.args) if isinstance(argument, ast.arg)}
        for node in ast.walk(function):
            if isinstance(node, ast.AugAssign):
                open_names.add(ast.unparse(node.target))
            elif isinstance(node, (ast.For, ast.comprehension)):
                open_names |= {name.id for name in ast.walk(node.target) if isinstance(name, ast.Name)}
        return Scope(
            values={**self._outside.values, **self._given(function), **own},
            certain=frozenset(name for name, values in own.items() if len(values) == 1 and name not in open_names),
            functions=self._outside.functions,
        )

    def _given(self, function: ast.FunctionDef) -> Values:
        """What the callers in the same file hand to each parameter of ``function``."""
        names = [argument.arg for argument in function.args.args if argument.arg != "self"]
        found: Values = {}
        for node in self._calls.get(function.name, []):
            given = dict(zip(names, node.args)) | {word.arg: word.value for word in node.keywords if word.arg}
            for name, value in given.items():
                found.setdefault(name, []).append(value)
        return found


def _just_before(function: ast.FunctionDef, line: int) -> Values:
    """What is assigned in the statements right before that of ``line``, and can be nothing else there."""
    found: Values = {}
    block = function.body
    while block:
        inner: list[ast.stmt] = []
        for statement in block:
            if statement.lineno <= line <= (statement.end_lineno or 0):
                inner = next(
                    (
                        part
                        for name in ("body", "orelse", "finalbody")
                        for part in [getattr(statement, name, [])]
                        if part and part[0].lineno <= line <= (part[-1].end_lineno or 0)
                    ),
                    [],
                )
                break
            if isinstance(statement, ast.Assign):
                found.update(assigned([statement]))
            elif not _leaves(statement):
                _maybe(found, statement)
        block = inner
    return found


def _leaves(statement: ast.stmt) -> bool:
    """Whether what ``statement`` does is over where the next one begins."""
    return (
        isinstance(statement, ast.If)
        and not statement.orelse
        and isinstance(statement.body[-1], (ast.Raise, ast.Return))
    )


def _maybe(found: Values, statement: ast.stmt) -> None:
    """Add to ``found`` what a compound ``statement`` may assign; a name that it changes otherwise is not known any more."""
    inside = assigned(ast.walk(statement))
    added_to = {ast.unparse(node.target) for node in ast.walk(statement) if isinstance(node, ast.AugAssign)}
    stored = {
        node.id
        for node in ast.walk(statement)
        if isinstance(node, ast.Name) and isinstance(node.ctx, (ast.Store, ast.Del))
    }
    for name in (stored - set(inside)) | added_to:
        found.pop(name, None)
    for name, values in inside.items():
        if name in found:
            found[name] = [*found[name], *values]


@functools.cache
def sources(folder: str) -> tuple[Source, ...]:
    """The Python files of a folder of plugins/, in order."""
    return tuple(
        Source(path, ast.parse(path.read_text(encoding="utf-8")))
        for path in sorted((ROOT / "plugins" / folder).rglob("*.py"))
    )


@functools.cache
def constants() -> dict[str, ast.expr]:
    """The constants of the modules' code that have one value, wherever they are imported."""
    found: Values = {}
    for source in sources("module_utils"):
        for name, values in assigned(source.tree.body).items():
            found.setdefault(name, []).extend(values)
    return {name: values[0] for name, values in found.items() if len(values) == 1 and name.isupper()}


def assigned(nodes: Iterable[ast.AST]) -> Values:
    """What is assigned to each name."""
    found: Values = {}
    for node in nodes:
        if isinstance(node, ast.Assign):
            targets = node.targets[0]
            pairs: Iterable[tuple[ast.expr, ast.expr]] = [(targets, node.value)]
            if isinstance(targets, ast.Tuple) and isinstance(node.value, ast.Tuple):
                pairs = zip(targets.elts, node.value.elts)
            for target, value in pairs:
                if isinstance(target, ast.Name):
                    found.setdefault(target.id, []).append(value)
    return found


def texts(node: ast.expr | None, scope: Scope) -> list[str]:
    """The texts that an expression can have."""
    if node is None or scope.depth > DEEPEST:
        return [VARIES]
    deeper = dataclasses.replace(scope, depth=scope.depth + 1)
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return [node.value]
    if isinstance(node, ast.Name):
        return _of_name(node.id, deeper)
    if isinstance(node, ast.IfExp):
        return [*texts(node.body, scope), *texts(node.orelse, scope)]
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return product([texts(node.left, scope), texts(node.right, scope)])
    if isinstance(node, ast.JoinedStr):
        return product([_part(part, deeper) for part in node.values])
    if isinstance(node, ast.Subscript):
        return list(_of_dictionary(node, deeper)) or [VARIES]
    if isinstance(node, ast.BoolOp) and isinstance(node.op, ast.Or):
        return [text for value in node.values for text in texts(value, scope)]
    if isinstance(node, ast.Call):
        return _of_join(node, deeper) or list(_returned(node, deeper)) or [VARIES]
    return [VARIES]


def _of_join(node: ast.Call, scope: Scope) -> list[str]:
    """The text of ``", ".join([...])``; what else is appended to a list that it contains varies."""
    if not (isinstance(node.func, ast.Attribute) and node.func.attr == "join" and isinstance(node.args[0], ast.List)):
        return []
    separator = texts(node.func.value, scope)
    entries: list[list[str]] = []
    for entry in node.args[0].elts:
        values = scope.values.get(ast.unparse(entry.value), []) if isinstance(entry, ast.Starred) else [entry]
        for value in values:
            entries += (
                [texts(inner, scope) for inner in value.elts] if isinstance(value, ast.List) else [texts(value, scope)]
            )
        entries += [[VARIES]] if isinstance(entry, ast.Starred) else []
    return product([part for entry in entries for part in (separator, entry)][1:])


def _of_name(name: str, scope: Scope) -> list[str]:
    constant = constants().get(name)
    for values in (scope.before.get(name), scope.values.get(name), [constant] if constant else None):
        found: list[str] = []
        for number, value in enumerate(values or []):
            # A value that is made from the name's own is made from one of those before it.
            earlier = dataclasses.replace(scope, before={**scope.before, name: (values or [])[:number]})
            found += texts(value, earlier)
        if any(text.strip(VARIES) for text in found):
            return found
    return [VARIES]


def _part(part: ast.expr, scope: Scope) -> list[str]:
    """A part of an f-string. A name counts where its value is known for certain: the words have to be those of a run."""
    if isinstance(part, ast.Constant):
        return [str(part.value)]
    if not isinstance(part, ast.FormattedValue) or part.conversion != -1 or part.format_spec:
        return [VARIES]
    value = part.value
    number = constants().get(value.id) if isinstance(value, ast.Name) else None
    if isinstance(number, ast.Constant) and isinstance(number.value, int):
        return [str(number.value)]
    is_certain = isinstance(value, ast.Name) and (
        value.id in scope.certain or value.id in scope.before or value.id in constants()
    )
    is_choice = isinstance(value, ast.IfExp) and all(
        isinstance(branch, ast.Constant) for branch in (value.body, value.orelse)
    )
    return texts(value, scope) if is_certain or is_choice else [VARIES]


def _of_dictionary(node: ast.Subscript, scope: Scope) -> Iterator[str]:
    if isinstance(node.value, ast.Name):
        constant = constants().get(node.value.id)
        for value in scope.values.get(node.value.id) or ([constant] if constant else []):
            if isinstance(value, ast.Dict):
                for entry in value.values:
                    yield from texts(entry, scope)


def _returned(node: ast.Call, scope: Scope) -> Iterator[str]:
    """What a function of the same file returns; what it was called with counts as unknown."""
    function = scope.functions.get(ast.unparse(node.func).removeprefix("self."))
    if function is not None:
        own = assigned(ast.walk(function))
        inner = Scope({**scope.values, **own}, functions=scope.functions, depth=scope.depth)
        for entry in ast.walk(function):
            if isinstance(entry, ast.Return) and entry.value is not None:
                yield from texts(entry.value, inner)
