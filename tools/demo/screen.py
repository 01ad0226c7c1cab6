# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""What the demo prints: colours and a line of progress on a terminal only, and everything in a file as well."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

BOLD, DIM, RED, GREEN, CYAN = "1", "2", "31", "32", "36"


class Screen:
    """Prints to standard output; ``log`` gets the same without colours, and what is for it alone."""

    def __init__(self, log: Path) -> None:
        log.parent.mkdir(parents=True, exist_ok=True)
        self._log = log.open("w", encoding="utf-8")
        self._terminal = sys.stdout.isatty() and os.environ.get("TERM", "") not in ("", "dumb")
        self._colours = self._terminal and "NO_COLOR" not in os.environ

    def __enter__(self) -> Screen:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._clear()
        self._log.close()

    def say(self, *lines: str, colour: str = "") -> None:
        """Print ``lines``."""
        self._clear()
        for line in lines:
            self._log.write(f"{line}\n")
            print(f"\033[{colour}m{line}\033[0m" if colour and self._colours else line, flush=True)

    def heading(self, text: str) -> None:
        """Print the heading of a chapter."""
        self.say("", text, "=" * len(text), colour=BOLD)

    def command(self, words: Sequence[str]) -> None:
        """Print a command so that a shell understands it."""
        self.say(f"$ {shlex.join(words)}", colour=CYAN)

    def result(self, name: str, text: str, good: bool) -> None:
        """Print one line on one instance."""
        self.say(f"  {name:<9} {text}", colour=GREEN if good else RED)

    def diff(self, lines: Sequence[str]) -> None:
        """Print a diff."""
        for line in lines:
            self.say(f"  {line}".rstrip(), colour={"+": GREEN, "-": RED, "@": DIM}.get(line[:1], ""))

    def table(self, head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Print ``rows`` in columns below ``head``."""
        widths = [max(len(row[column]) for row in (head, *rows)) for column in range(len(head))]
        for row in (head, ["-" * width for width in widths], *rows):
            self.say("  " + "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip())

    def progress(self, text: str) -> None:
        """Show what is going on, on a terminal: the next line takes its place."""
        if self._terminal:
            print(f"\r\033[K  ... {text[:100]}", end="", flush=True)

    def log(self, line: str) -> None:
        """Write to the file alone."""
        self._log.write(line)

    def _clear(self) -> None:
        if self._terminal:
            print("\r\033[K", end="")
