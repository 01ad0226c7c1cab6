# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""A sample of the fault matrix: a case of each kind, spread over the procedures. ``make matrix`` runs all of them."""

from __future__ import annotations

import random

import pytest

from promises.faults.matrix import ALL_KINDS, Bench, Case, kinds_of
from sandbox import Sandbox

SEED = 20261123


@pytest.fixture
def bench(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Bench:
    """The matrix on the tests' sandbox, without the pauses."""
    utils = "ansible_collections.snow_ops.spokes.plugins.module_utils"
    monkeypatch.setattr(f"{utils}._wire.session.BACKOFF_SECONDS", 0.01)
    monkeypatch.setattr(f"{utils}._servicenow.routes.rotation.LONGEST_TRANSACTION_SECONDS", 0.0)
    monkeypatch.setattr(f"{utils}._servicenow.cores.store_app.POLL_SECONDS", 0.05)
    monkeypatch.setattr(f"{utils}._servicenow.reconcile.writer.READ_BACK_PAUSE_SECONDS", 0.01)
    return Bench(sandbox)


@pytest.mark.parametrize("kind", ALL_KINDS)
def test_the_product_keeps_its_word_under_this_fault(bench: Bench, kind: str, pytestconfig: pytest.Config) -> None:
    chooser = random.Random(f"{SEED}/{kind}")
    fitting = [name for name, procedure in bench.procedures.items() if kind in kinds_of(procedure)]
    names = chooser.sample(fitting, min(3 if pytestconfig.getoption("--long") else 1, len(fitting)))
    for case in [chooser.choice(list(bench.cases_of(name, kind))) for name in names]:
        assert bench.run(case) == "", f"make matrix CASE={case.id}"


def test_a_case_is_named_by_its_id() -> None:
    case = Case("records-first", "reset", "after", "once", 3)
    assert Case.of_id(case.id) == case


def test_a_case_that_is_not_held_is_noticed(bench: Bench) -> None:
    goal = bench.undisturbed(bench.procedures["property-set"])[0]
    bench.goals["property-set"] = goal + "something else"
    assert bench.run(Case("property-set", "reset", "before", "once", 0)) == "another end state than without the fault"
