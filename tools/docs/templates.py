# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""The words of Jinja templates: every text that one can come to, with a mark in the place of what varies."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from jinja2 import Environment, nodes

VARIES = "…"
# A text with more readings than that is shown once, its parts being listed by themselves.
MOST_READINGS = 12
MOST_OF_A_NAME = 3
_PARSER = Environment()


def readings(template: str, names: Mapping[str, object]) -> list[str]:
    """What ``template`` can come to; ``names`` are the variables whose values are known."""
    reader = _Reader(names)
    return [" ".join(text.split()) for text in [*reader.body(_PARSER.parse(template).body), *reader.repeated]]


def parts(template: str) -> list[str]:
    """The texts that ``template`` puts into its result by themselves: the entries of lists that it fills."""
    reader = _Reader({})
    return [
        " ".join(text.split())
        for call in _PARSER.parse(template).find_all(nodes.Call)
        if isinstance(call.node, nodes.Getattr) and call.node.attr == "append" and call.args
        for text in reader.expression(call.args[0])
        if not isinstance(call.args[0], nodes.Dict)
    ]


def steps(template: str) -> list[dict[str, str]]:
    """The manual steps that ``template`` makes: dictionaries with ``what``, ``why`` and ``how``."""
    reader = _Reader({})
    found = []
    for entry in _PARSER.parse(template).find_all(nodes.Dict):
        values = {pair.key.value: pair.value for pair in entry.items if isinstance(pair.key, nodes.Const)}
        if {"what", "why", "how"} <= set(values):
            found.append({name: reader.expression(values[name])[0] for name in ("what", "why", "how")})
    return found


def product(options: Sequence[list[str]]) -> list[str]:
    """Every text that is one of each of ``options`` in turn; what has too many of them varies."""
    options = [list(dict.fromkeys(choice)) for choice in options]
    while len(options) and _count(options) > MOST_READINGS:
        widest = max(range(len(options)), key=lambda index: len(options[index]))
        options[widest] = [VARIES]
    return list(dict.fromkeys("".join(chosen) for chosen in itertools.product(*options)))


def tidy(text: str) -> str:
    """``text`` with one mark where several follow each other."""
    return re.sub(rf"{VARIES}(?: ?{VARIES})+", VARIES, " ".join(text.split()))


def _count(options: Iterable[list[str]]) -> int:
    count = 1
    for choice in options:
        count *= len(choice)
    return count


class _Reader:
    """Reads the nodes of a template. ``repeated`` is what loops say in many ways, each of which is a text by itself."""

    def __init__(self, names: Mapping[str, object], depth: int = 0) -> None:
        self.repeated: list[str] = []
        self._names = names
        self._depth = depth

    def body(self, statements: Iterable[nodes.Node]) -> list[str]:
        return product([self._statement(node) for node in statements])

    def _statement(self, node: nodes.Node) -> list[str]:
        if isinstance(node, nodes.Output):
            return product([self._output(inner) for inner in node.nodes])
        if isinstance(node, nodes.If):
            found = self.body(node.body)
            for other in node.elif_:
                found += self.body(other.body)
            return found + self.body(node.else_) if node.else_ else found
        if not isinstance(node, nodes.For):
            return [""]
        found = self.body(node.body)
        if len(found) <= MOST_OF_A_NAME:
            return found
        self.repeated += found
        return [VARIES]

    def _output(self, node: nodes.Node) -> list[str]:
        return [node.data] if isinstance(node, nodes.TemplateData) else self.expression(node)

    def expression(self, node: nodes.Node | None) -> list[str]:
        """What an expression can come to."""
        if isinstance(node, nodes.Const):
            return [str(node.value)]
        if isinstance(node, nodes.CondExpr):
            return [*self.expression(node.expr1), *(self.expression(node.expr2) if node.expr2 else [""])]
        if isinstance(node, nodes.Concat):
            return product([self.expression(inner) for inner in node.nodes])
        if isinstance(node, nodes.Add):
            return product([self.expression(node.left), [" "], self.expression(node.right)])
        if isinstance(node, nodes.Or):
            return [*self.expression(node.left), *self.expression(node.right)]
        if isinstance(node, nodes.List):
            return [text for entry in node.items for text in self.expression(entry)]
        if isinstance(node, nodes.Name):
            found = list(self._value(self._names.get(node.name)))
            return found if 0 < len(found) <= MOST_OF_A_NAME else [VARIES]
        if isinstance(node, nodes.Filter) and node.name == "default" and isinstance(node.node, nodes.Getitem):
            return [*self.expression(node.node), *(self.expression(node.args[0]) if node.args else [])]
        if isinstance(node, nodes.Getitem) and isinstance(node.node, nodes.Name):
            known = self._names.get(node.node.name)
            found = [text for value in known.values() for text in self._value(value)] if isinstance(known, dict) else []
            return found or [VARIES]
        return [VARIES]

    def _value(self, value: object) -> Iterator[str]:
        if isinstance(value, str) and self._depth < 2:
            yield from _Reader(self._names, self._depth + 1).body(_PARSER.parse(value).body)
