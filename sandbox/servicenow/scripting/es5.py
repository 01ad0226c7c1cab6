# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""The language that the platform's engine takes, ES5: what is newer is refused before anything runs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import esprima

# How a loop or a function reports that it still runs, so that `engine` can stop it.
TICK = "__tick();"
LOOPS = ("ForStatement", "ForInStatement", "WhileStatement", "DoWhileStatement")
FUNCTIONS = ("FunctionDeclaration", "FunctionExpression")
NEWER = {
    "ArrowFunctionExpression": "arrow function",
    "TemplateLiteral": "template string",
    "ClassDeclaration": "class",
    "ClassExpression": "class",
    "ForOfStatement": "for-of loop",
    "SpreadElement": "spread syntax",
    "RestElement": "rest parameter",
    "ObjectPattern": "destructuring",
    "ArrayPattern": "destructuring",
    "AssignmentPattern": "default value",
    "YieldExpression": "yield",
    "AwaitExpression": "await",
    "Super": "super",
    "MetaProperty": "new.target",
    "ImportDeclaration": "import",
    "Import": "import",
    "ExportNamedDeclaration": "export",
    "ExportDefaultDeclaration": "export",
    "ExportAllDeclaration": "export",
}
NEWER_LITERAL = re.compile(r"0[bBoO]")
NEWER_ESCAPE = re.compile(r"(?<!\\)(?:\\\\)*\\u\{")


class SyntaxRefused(Exception):
    """The engine cannot compile the script; the message says what and where."""


@lru_cache(maxsize=256)
def prepared(source: str) -> str:
    """``source`` with a tick in each loop and function, on unchanged lines. Raises `SyntaxRefused`."""
    try:
        program = esprima.parseScript(source, {"range": True, "loc": True, "tokens": True})
    except esprima.Error as error:
        raise SyntaxRefused(f"{error.message.partition(': ')[2]} (line {error.lineNumber})") from None
    except RecursionError:
        raise SyntaxRefused("The script is nested too deeply") from None
    _check_tokens(program.tokens)
    ticks: list[tuple[int, str]] = []
    for node in _nodes(program):
        _check(node, source)
        if node.type in LOOPS or node.type in FUNCTIONS:
            start, end = node.body.range
            if node.body.type == "BlockStatement":
                # Behind the directives, which have to stay first.
                directives = (
                    [entry for entry in node.body.body if getattr(entry, "directive", None)]
                    if node.type in FUNCTIONS
                    else []
                )
                ticks.append((directives[-1].range[1] if directives else start + 1, TICK))
            else:
                ticks += [(start, "{" + TICK), (end, "}")]
    for position, text in sorted(ticks, key=lambda tick: tick[0], reverse=True):
        source = source[:position] + text + source[position:]
    return source


def _nodes(node: Any) -> Iterator[Any]:
    """``node`` and all below it, in the order of the text."""
    stack = [node]
    while stack:
        current = stack.pop()
        yield current
        below = []
        for name, value in vars(current).items():
            if name in ("range", "loc", "tokens", "errors"):
                continue
            for entry in value if isinstance(value, list) else (value,):
                if isinstance(entry, esprima.nodes.Node):
                    below.append(entry)
        stack += reversed(below)


def _check(node: Any, source: str) -> None:
    kind = node.type
    newer = NEWER.get(kind)
    if kind == "VariableDeclaration" and node.kind != "var":
        newer = node.kind
    elif kind == "Property" and (node.method or node.shorthand or node.computed):
        newer = "method, shorthand or computed property"
    elif kind in FUNCTIONS and (node.generator or getattr(node, "isAsync", False)):
        newer = "generator or async function"
    elif kind in FUNCTIONS and re.search(r",\s*$", source[: node.body.range[0]].rstrip().removesuffix(")")):
        newer = "comma behind the last parameter"
    elif kind in ("BinaryExpression", "AssignmentExpression") and node.operator in ("**", "**="):
        newer = "operator **"
    elif kind == "Literal" and getattr(node, "regex", None) and set(node.regex.flags) - set("gim"):
        newer = "regular expression flag"
    if newer:
        raise SyntaxRefused(f"{newer} is not part of ES5 (line {node.loc.start.line})")


def _check_tokens(tokens: list[Any]) -> None:
    for token in tokens:
        if (
            token.type == "Numeric"
            and NEWER_LITERAL.match(token.value)
            or token.type in ("String", "Identifier")
            and NEWER_ESCAPE.search(token.value)
        ):
            raise SyntaxRefused(f"{token.value} is not part of ES5 (line {token.loc.start.line})")
