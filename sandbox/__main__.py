# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""``python -m sandbox``: run in the foreground and say how to reach it. ``SANDBOX_SEED`` names another seed file."""
from __future__ import annotations

import argparse
import os
import shlex
import signal
import sys
import threading

from .sandbox import Sandbox
from .world import DEFAULT_SEED, SeedError, load_seed


def main() -> int:
    """Run until SIGINT or SIGTERM; the exit status."""
    parser = argparse.ArgumentParser(prog="sandbox", description="A stand-in for ServiceNow and Qualtrics on loopback.")
    parser.add_argument("--port", type=int, default=0, help="the proxy's port (default: a free one)")
    parser.add_argument("--control-port", type=int, default=0, help="the control address's port (default: a free one)")
    options = parser.parse_args()
    path = os.environ.get("SANDBOX_SEED")
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    try:
        sandbox = Sandbox(load_seed(path) if path else None, options.port, options.control_port)
    except SeedError as error:
        print(f"The seed {path or DEFAULT_SEED} cannot be used: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"The sandbox cannot listen: {error}", file=sys.stderr)
        return 2
    with sandbox:
        for name, value in sandbox.exports.items():
            print(f"export {name}={shlex.quote(value)}", flush=True)
        print(
            "The sandbox runs. Paste the lines above into another shell; Ctrl+C stops it.\n"
            f"Its instances and brands, with the users, tokens and clients that they know (made up, all of them), are in {path or DEFAULT_SEED}.",
            file=sys.stderr,
            flush=True,
        )
        stop.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())
