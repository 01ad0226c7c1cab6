# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""What a task says to options that its module does not take."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.snow_ops.spokes.plugins.module_utils._task import validate
from ansible_collections.snow_ops.spokes.plugins.modules.snow_sys_property import MODULE_SPEC
from support import PASSWORD, login


def refused(**options: Any) -> str:
    """The message with which the options are refused."""
    found = validate("snow_sys_property", MODULE_SPEC, {"instance": login(), "name": "x.sandbox", **options})
    assert found.refusal is not None and found.refusal["failed"]
    return str(found.refusal["msg"])


@pytest.mark.parametrize("value", ["acmedev.service-now.com", ["acmedev"]])
def test_the_option_is_named_also_where_the_first_of_ansibles_messages_does_not(value: Any) -> None:
    assert "instance" in refused(instance=value)


def test_a_long_text_in_the_place_of_a_choice_is_not_shown() -> None:
    message = refused(state=PASSWORD)
    assert "value of state must be one of" in message and PASSWORD not in message


def test_a_secret_under_a_misspelt_name_is_not_shown() -> None:
    message = refused(secret_valu=PASSWORD)
    assert message.startswith("Unsupported parameters for (snow_sys_property) module: secret_valu.")
    assert PASSWORD not in message


def test_what_can_be_taken_is_not_refused() -> None:
    found = validate("snow_sys_property", MODULE_SPEC, {"instance": login(), "name": "x.sandbox"})
    assert found.refusal is None and found.params["name"] == "x.sandbox" and PASSWORD in found.no_log_values
