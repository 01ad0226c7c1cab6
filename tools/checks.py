# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""Runs checks one after the other, each under its name, and keeps going where one fails."""

from __future__ import annotations

from collections.abc import Callable


def failed(checks: dict[str, Callable[[], bool]], how: str) -> list[str]:
    """The names of the ``checks`` that do not pass; ``how`` follows each name in its title."""
    names = []
    for name, check in checks.items():
        title = f"{name}, {how}"
        print(f"\n{title}\n{'-' * len(title)}", flush=True)
        if not check():
            names.append(name)
    return names
