# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""Line plots as SVG, drawn by hand: no library is worth its weight for two of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

WIDTH, HEIGHT = 720, 380
LEFT, RIGHT, TOP, BOTTOM = 70, 500, 56, 320
COLOURS = ("#1d5c7a", "#c2571a", "#5b8c2a", "#8a4f9e", "#7a94a6", "#444444")
# Split, so that tools for licences do not take it for this file's own.
HEAD = (
    "<!-- SPDX-License-"
    + "Identifier: GPL-3.0-or-later -->\n<!-- SPDX-File"
    + "CopyrightText: snow_ops contributors -->\n"
)
Points = Sequence[tuple[float, float]]


def line_plot(title: str, across: str, up: str, lines: Mapping[str, Points]) -> str:
    """A plot of ``lines``, each a name and its points, on axes that begin at 0; what is above the axes is written."""
    most_x = max(x for points in lines.values() for x, _y in points) or 1
    most_y = _round_up(max(y for points in lines.values() for _x, y in points))
    parts = [
        HEAD,
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" role="img" '
        'font-family="system-ui, sans-serif" font-size="14">',
        f"<title>{escape(title)}</title>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
        _text(20, 30, title, weight=600),
    ]
    for step in range(5):
        value = most_y * step / 4
        y = _y(value, most_y)
        parts.append(f'<line x1="{LEFT}" y1="{y:.0f}" x2="{RIGHT}" y2="{y:.0f}" stroke="#dde3e8"/>')
        parts.append(_text(LEFT - 8, y + 5, f"{value:g}", anchor="end"))
    for x in sorted({x for points in lines.values() for x, _y in points}):
        parts.append(_text(_x(x, most_x), BOTTOM + 20, f"{x:g}", anchor="middle"))
    parts.append(_text((LEFT + RIGHT) / 2, BOTTOM + 44, across, anchor="middle"))
    parts.append(_text(LEFT - 50, TOP - 8, up))
    for index, (name, points) in enumerate(lines.items()):
        colour = COLOURS[index % len(COLOURS)]
        places = [(_x(x, most_x), _y(y, most_y)) for x, y in sorted(points)]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2.5"/>')
        parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{colour}"/>' for x, y in places]
        parts.append(f'<rect x="{RIGHT + 20}" y="{TOP + 24 * index}" width="14" height="14" fill="{colour}"/>')
        parts.append(_text(RIGHT + 42, TOP + 12 + 24 * index, name))
    return "\n".join([*parts, "</svg>", ""])


def _x(value: float, most: float) -> float:
    return LEFT + (RIGHT - LEFT) * value / most


def _y(value: float, most: float) -> float:
    return BOTTOM - (BOTTOM - TOP) * value / most


def _round_up(value: float) -> float:
    """The next number that is easy to read, in four steps."""
    size = 1.0
    while size * 10 < value:
        size *= 10
    while size > value > 0:
        size /= 10
    return next(size * factor for factor in (1, 2, 4, 6, 8, 10) if size * factor >= value)


def _text(x: float, y: float, text: str, anchor: str = "start", weight: int = 400) -> str:
    return f'<text x="{x:.0f}" y="{y:.0f}" fill="#22303c" text-anchor="{anchor}" font-weight="{weight}">{escape(text)}</text>'
