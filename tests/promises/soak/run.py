# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""``make soak``: thousands of random schedules. The seeds are printed; a schedule that fails is printed as a program."""

from __future__ import annotations

import argparse
import os
import sys
import time
import traceback
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT), str(ROOT / "collections")]

import hypothesis  # noqa: E402
from hypothesis.stateful import run_state_machine_as_test  # noqa: E402

from promises.soak.schedules import Schedule  # noqa: E402
from sandbox import Sandbox  # noqa: E402
from tools import link_collection  # noqa: E402

STEPS = 12
# Schedules of one seed, so that a failure is known soon and can be replayed alone.
BATCH = 50


def run_batch(seed: int, schedules: int = BATCH) -> tuple[int, tuple[int, int, int, int], str]:
    """Run ``schedules`` of them; the seed, how many schedules, steps, faults and refusals there were, and what went wrong."""
    link_collection.main()
    from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.cores import store_app
    from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.reconcile import writer
    from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.routes import rotation
    from ansible_collections.snow_ops.spokes.plugins.module_utils._wire import session as wire

    store_app.POLL_SECONDS = 0.05
    rotation.LONGEST_TRANSACTION_SECONDS = 0.0
    wire.BACKOFF_SECONDS = writer.READ_BACK_PAUSE_SECONDS = 0.01
    # One run at a time has nobody to wait for.
    writer.DUPLICATE_PAUSE_SECONDS = 0.0
    Schedule.schedules = Schedule.steps = Schedule.faults = Schedule.refusals = 0
    with Sandbox() as sandbox:
        os.environ.update(sandbox.environment)
        problem = ""
        Schedule.sandbox = sandbox
        try:
            run_state_machine_as_test(hypothesis.seed(seed)(Schedule), settings=settings(schedules))
        except Exception:
            problem = traceback.format_exc()
    return seed, (Schedule.schedules, Schedule.steps, Schedule.faults, Schedule.refusals), problem


def settings(schedules: int) -> hypothesis.settings:
    """As many schedules, without a limit on time and without a database; a failing one as it is, since making it smaller takes very long."""
    return hypothesis.settings(
        max_examples=schedules,
        stateful_step_count=STEPS,
        deadline=None,
        database=None,
        phases=[hypothesis.Phase.generate],
        print_blob=True,
        suppress_health_check=list(hypothesis.HealthCheck),
    )


def main() -> int:
    """The exit status: 0 if every schedule kept the promise."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--schedules", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1, help="the first seed; one more for each batch of 50 schedules")
    parser.add_argument("--jobs", type=int, default=2 * (os.cpu_count() or 1))
    arguments = parser.parse_args()
    if arguments.schedules < 1:
        parser.error("--schedules has to be at least 1")
    seeds = range(arguments.seed, arguments.seed + -(-arguments.schedules // BATCH))
    print(
        f"Seeds {seeds[0]} to {seeds[-1]}, {BATCH} schedules each; replay one with make soak SEED=<seed> SCHEDULES={BATCH}",
        flush=True,
    )
    totals, failed, started = [0, 0, 0, 0], 0, time.monotonic()
    with ProcessPoolExecutor(arguments.jobs, max_tasks_per_child=1) as pool:
        for seed, counts, problem in pool.map(run_batch, seeds):
            totals = [one + two for one, two in zip(totals, counts, strict=True)]
            print(
                f"seed {seed}: {'FAILED' if problem else 'held'}; so far {totals[0]} schedules, {totals[1]} task runs",
                flush=True,
            )
            if problem:
                failed += 1
                print(f"seed {seed}:\n{problem}", flush=True)
    names = ("schedules", "task runs", "faults fired", "refusals")
    print(
        ", ".join(f"{count} {name}" for name, count in zip(names, totals, strict=True)),
        f"in {(time.monotonic() - started) / 60:.0f} min;",
        end=" ",
    )
    print(f"{failed} of {len(seeds)} seeds failed")
    return 1 if failed or not totals[0] else 0


if __name__ == "__main__":
    sys.exit(main())
