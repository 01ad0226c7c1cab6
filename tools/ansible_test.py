# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""A home of its own for ansible-test, so that it runs where only a package index can be reached, and leaves the user's home alone.

ansible-test makes virtual environments without pip and bootstraps pip with a script, which it downloads from a server of its own unless
the script is in ``$HOME/.ansible/test/cache``. Here it finds one there that does the same with the pip that comes with Python. ansible-test
hands on hardly any environment variable, so that pip's settings are written down in that home as well.
"""

from __future__ import annotations

import configparser
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

# What ansible-test runs as get-pip.py: options and packages are arguments.
BOOTSTRAP = '''\
"""Installs what it is asked for with the pip that comes with Python (ensurepip's, or Debian's copy)."""
import ensurepip
import glob
import os
import sys

wheels = glob.glob(os.path.join(os.path.dirname(ensurepip.__file__), "_bundled", "pip-*.whl"))
wheels += glob.glob("/usr/share/python-wheels/pip-*.whl")
if not wheels:
    sys.exit("This Python comes without a pip for ensurepip; on Debian, install python3-venv.")
sys.path.insert(0, wheels[0])

from pip._internal.cli.main import main

sys.exit(main(["install"] + [argument for argument in sys.argv[1:] if argument not in ("--no-setuptools", "--no-wheel")]))
'''
# Those that ansible-core 2.16 to 2.21 ask for, should their list move to where it is not found.
PIP_VERSIONS = {"20.3.4", "21.3.1", "23.1.2", "24.2", "25.2"}


def environment(ansible_test: Path, home: Path) -> dict[str, str]:
    """The variables with which to run ``ansible_test``: this process's, with ``home`` prepared as its home."""
    cache = home / ".ansible" / "test" / "cache"
    cache.mkdir(parents=True, exist_ok=True)
    for version in PIP_VERSIONS | asked_for(ansible_test):
        (cache / f"get_pip_{version.replace('.', '_')}.py").write_text(BOOTSTRAP, encoding="utf-8")
    write_pip_settings(home)
    return {**os.environ, "HOME": str(home)}


def asked_for(ansible_test: Path) -> set[str]:
    """The versions of pip that this ansible-test bootstraps, as its own source lists them."""
    python = ansible_test.parent / "python"
    locate = "import ansible_test._internal.python_requirements as module; print(module.__file__)"
    done = subprocess.run([str(python), "-c", locate], capture_output=True, text=True, check=False)
    if done.returncode:
        return set()
    source = Path(done.stdout.strip()).read_text(encoding="utf-8")
    return set(re.findall(r"""\bpip=['"]([0-9.]+)['"]""", source))


def write_pip_settings(home: Path) -> None:
    """Give pip under ``home`` the user's settings and cache: from files, from ``PIP_`` variables, and the proxy."""
    settings = configparser.RawConfigParser()
    settings.read(user_settings(Path.home()))
    if not settings.has_section("global"):
        settings.add_section("global")
    for name, value in pip_variables():
        settings.set("global", name, value)
    target = home / ".config" / "pip" / "pip.conf"
    target.parent.mkdir(parents=True, exist_ok=True)
    # An index may need a login.
    with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        settings.write(file)


def user_settings(home: Path) -> list[Path]:
    """Where pip looks for the user's settings; what comes later counts more."""
    return [
        home / ".pip" / "pip.conf",
        home / "Library" / "Application Support" / "pip" / "pip.conf",
        home / ".config" / "pip" / "pip.conf",
    ]


def pip_variables() -> Iterator[tuple[str, str]]:
    """What the environment tells pip: option and value."""
    proxy = os.environ.get("https_proxy") or os.environ.get("HTTPS_PROXY")
    if proxy:
        yield "proxy", proxy
    done = subprocess.run([sys.executable, "-m", "pip", "cache", "dir"], capture_output=True, text=True, check=False)
    if done.returncode == 0:
        yield "cache-dir", done.stdout.splitlines()[-1].strip()
    for name, value in os.environ.items():
        # Files named by PIP_CONFIG_FILE may hold other sections; PIP_REQUIRE_VIRTUALENV and the like do no harm.
        if name.startswith("PIP_") and name != "PIP_CONFIG_FILE" and value:
            yield name.removeprefix("PIP_").lower().replace("_", "-"), value
