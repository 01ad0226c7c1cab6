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

from .probe import load_probe, seed_of
from .sandbox import Sandbox
from .world import DEFAULT_SEED, SeedError, World, load_seed

GUIDE = """\
The sandbox runs. Paste the lines above into another shell; Ctrl+C stops it.

Its instances and brands, with the users, tokens and clients that they know (made up, all of them), are in
  {seed}
Copy that file, change it, and name the copy to start with other ones: SANDBOX_SEED=<file> make sandbox
It takes free ports; to fix them: make sandbox PORT=8443 CONTROL_PORT=8444

SANDBOX_CONTROL is where you look behind the scenes: plain HTTP and JSON, on loopback only, for example
  curl -s --noproxy '*' {control}/requests                                   what it was asked, without headers and bodies
  curl -s --noproxy '*' {control}/instances/acmedev/tables/oauth_entity      the records of a table
  curl -s --noproxy '*' -X POST {control}/reset                              everything as in the seed
  curl -s --noproxy '*' -X POST {control}/faults -d '{{"kind": "rate_limited", "retry_after": 1}}'   the next request gets 429
  curl -s --noproxy '*' {control}/behaviour                                  the switches for what releases do differently; PUT sets them
"""


def main() -> int:
    """Run until SIGINT or SIGTERM; the exit status."""
    parser = argparse.ArgumentParser(prog="sandbox", description="A stand-in for ServiceNow and Qualtrics on loopback.")
    parser.add_argument("--port", type=int, default=0, help="the proxy's port (default: a free one)")
    parser.add_argument("--control-port", type=int, default=0, help="the control address's port (default: a free one)")
    parser.add_argument(
        "--probe", default="", help="what the playbook qualtrics_probe wrote about a real instance, to behave like it"
    )
    options = parser.parse_args()
    path = os.environ.get("SANDBOX_SEED")
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    try:
        seed, switches = load_seed(path or DEFAULT_SEED), {}
        if options.probe:
            probe = load_probe(options.probe)
            # What is wrong with the seed alone is said of the seed.
            World(seed)
            seed, switches = seed_of(probe, seed), probe["switches"]
        sandbox = Sandbox(seed, options.port, options.control_port, switches)
    except SeedError as error:
        print(f"The seed {path or DEFAULT_SEED} cannot be used: {error}", file=sys.stderr)
        return 2
    except ValueError as error:
        print(f"The probe {options.probe} cannot be used: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"The sandbox cannot listen: {error}", file=sys.stderr)
        return 2
    with sandbox:
        for name, value in sandbox.exports.items():
            print(f"export {name}={shlex.quote(value)}", flush=True)
        print(GUIDE.format(seed=path or DEFAULT_SEED, control=sandbox.control_url), file=sys.stderr, flush=True)
        stop.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())
