# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""A hundred random schedules, always the same ones; ``make soak`` runs thousands."""

from __future__ import annotations

import hypothesis
import pytest
from hypothesis.stateful import run_state_machine_as_test

from promises.soak.run import settings
from promises.soak.schedules import Schedule
from sandbox import Sandbox


@pytest.mark.sampled
@pytest.mark.parametrize("seed", range(4))
def test_a_clean_run_converges_or_refuses_without_writing(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    utils = "ansible_collections.snow_ops.spokes.plugins.module_utils"
    monkeypatch.setattr(f"{utils}._wire.session.BACKOFF_SECONDS", 0.01)
    monkeypatch.setattr(f"{utils}._servicenow.reconcile.writer.READ_BACK_PAUSE_SECONDS", 0.01)
    monkeypatch.setattr(f"{utils}._servicenow.reconcile.writer.DUPLICATE_PAUSE_SECONDS", 0.0)
    monkeypatch.setattr(f"{utils}._servicenow.routes.rotation.LONGEST_TRANSACTION_SECONDS", 0.0)
    monkeypatch.setattr(f"{utils}._servicenow.cores.store_app.POLL_SECONDS", 0.05)
    monkeypatch.setattr(Schedule, "sandbox", sandbox, raising=False)
    monkeypatch.setattr(Schedule, "schedules", 0)
    machine = hypothesis.seed(seed)(Schedule)
    run_state_machine_as_test(machine, settings=hypothesis.settings(settings(25), stateful_step_count=5))
    assert Schedule.schedules >= 25
