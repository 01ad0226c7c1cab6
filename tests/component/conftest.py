# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""What the component tests have in common."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest


@pytest.fixture(autouse=True)
def _cheap_fingerprints(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fingerprints are dear on purpose; how dear is for the tests of the marks."""
    monkeypatch.setattr(hashlib, "scrypt", partial(_cheap, hashlib.scrypt))


def _cheap(scrypt: Callable[..., bytes], password: bytes, **costs: Any) -> bytes:
    return scrypt(password, **{**costs, "n": 2})
