# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""The language of server-side scripts: ES5 and nothing newer, within limits of time and memory."""

from __future__ import annotations

import pytest

from sandbox.servicenow.scripting import engine
from sandbox.servicenow.scripting.es5 import SyntaxRefused, prepared


def run(source: str, seconds: float = engine.SECONDS) -> object:
    return engine.run(source, {}, {}, seconds).get("body")


@pytest.mark.parametrize(
    ("source", "what"),
    [
        ("let a = 1", "let"),
        ("const a = 1", "const"),
        ("var f = () => 1", "arrow function"),
        ("`a`", "template string"),
        ("class A {}", "class"),
        ("var A = class {}", "class"),
        ("var {a} = b", "destructuring"),
        ("var [a] = b", "destructuring"),
        ("f(...a)", "spread syntax"),
        ("function f(...a) {}", "rest parameter"),
        ("function f(a = 1) {}", "default value"),
        ("function f(a,) {}", "comma behind the last parameter"),
        ("for (var a of b) {}", "for-of loop"),
        ("({a})", "method, shorthand or computed property"),
        ("({f() {}})", "method, shorthand or computed property"),
        ("({['a']: 1})", "method, shorthand or computed property"),
        ("function *f() {}", "generator or async function"),
        ("async function f() {}", "generator or async function"),
        ("a ** b", "operator **"),
        ("0b11", "0b11"),
        ("/a/u", "regular expression flag"),
        (r"'\u{61}'", r"'\u{61}'"),
    ],
)
def test_what_came_after_es5_is_refused(source: str, what: str) -> None:
    with pytest.raises(SyntaxRefused) as refused:
        prepared("var before;\n" + source)
    assert str(refused.value) == f"{what} is not part of ES5 (line 2)"


@pytest.mark.parametrize("source", ["a?.b", "a ?? b", "try {} catch {}", "1_000", "import a from 'b'", "var", "}"])
def test_what_no_parser_of_that_age_knows_is_refused(source: str) -> None:
    with pytest.raises(SyntaxRefused, match=r"\(line 1\)"):
        prepared(source)


@pytest.mark.parametrize(
    ("source", "result"),
    [
        ("var n = 0; for (var i = 0; i < 3; i++) n += i; n", 3),
        ("var n = 0; for (var k in {a: 1, b: 2}) { n++; } n", 2),
        ("var n = 0; do n++; while (n < 5); n", 5),
        ("var n = 0; if (true) while (n < 2) n++; else n = 9; n", 2),
        ("outer: for (var i = 0; ; i++) for (;;) { if (i > 2) break outer; continue outer; } i", 3),
        ("function f() { 'use strict'; return typeof this; } f()", "undefined"),
        ("({get a() { return 1; }, 'b': 2}).a", 1),
        (r"'a\\u{b}'.length", 6),
        ("[3, 1].sort().map(function (n) { return n * 2; })", [2, 6]),
        ("'a-b'.replace(/-/g, '+')", "a+b"),
    ],
)
def test_es5_runs(source: str, result: object) -> None:
    assert run(source) == result


@pytest.mark.parametrize(
    "name", ["Promise", "Map", "Set", "Symbol", "Proxy", "Reflect", "globalThis", "eval", "WeakMap", "__host", "BigInt"]
)
def test_what_the_platform_has_not_is_not_there(name: str) -> None:
    assert run(f"typeof {name}") == "undefined"


@pytest.mark.parametrize(
    "expression",
    [
        "[1].includes(1)",
        "'a'.startsWith('a')",
        "Object.assign({}, {})",
        "Array.from('a')",
        "[1].find(Boolean)",
        "'a'.repeat(2)",
    ],
)
def test_newer_methods_are_not_there(expression: str) -> None:
    with pytest.raises(engine.ScriptFailed, match=r"TypeError: not a function \(line 2\)"):
        run("var before;\n" + expression)


@pytest.mark.parametrize(
    "source",
    [
        "while (true);",
        "for (;;) {}",
        "while (true) { try { while (true) {} } catch (e) {} }",
        "function f() { try { f(); } catch (e) {} f(); } f()",
    ],
)
def test_a_script_that_does_not_end_is_cancelled(source: str) -> None:
    with pytest.raises(engine.ScriptFailed) as failed:
        run(source, 0.2)
    assert str(failed.value) == engine.OUT_OF_TIME


def test_memory_is_limited() -> None:
    with pytest.raises(engine.ScriptFailed, match="^$|out of memory"):
        run("var all = [], text = new Array(1000001).join('x'); while (true) { all.push(text + all.length); }")


def test_recursion_is_limited() -> None:
    with pytest.raises(engine.ScriptFailed, match="stack overflow|call stack size"):
        run("function f() { return 1 + f(); } f()")


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("\nthrow 'a text'", "a text"),
        ("\nthrow new Error('an error')", "Error: an error (line 2)"),
        ("\n\na.b", "ReferenceError: 'a' is not defined (line 3)"),
    ],
)
def test_what_a_script_throws_is_reported(source: str, message: str) -> None:
    with pytest.raises(engine.ScriptFailed) as failed:
        run(source)
    # Engines of the same family quote the name or do not.
    assert str(failed.value).replace("'a' is not", "a is not") == message.replace("'a' is not", "a is not")


def test_a_fault_of_the_sandbox_is_no_error_of_the_script() -> None:
    def broken() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        engine.run("try { gs.generateGUID(); } catch (e) {}", {"guid": broken}, {})
