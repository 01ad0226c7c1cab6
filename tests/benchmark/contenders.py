# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""What the benchmark compares: this collection on both routes, playbooks written by hand, two that do nothing, and a bare script."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import yaml
from support import API_TOKEN, CLIENT_ID, CLIENT_SECRET, PASSWORD

ROOT = Path(__file__).resolve().parents[2]
PEERS = Path(__file__).parent / "peers"
BIN = Path(sys.executable).parent
ITSM = ROOT / "build" / "peers"
ITSM_VERSION = "2.15.1"


@dataclass(frozen=True)
class Contender:
    """``arguments`` follow the interpreter's or ansible-playbook's; ``is_script`` is the former."""

    name: str
    arguments: tuple[str, ...]
    is_script: bool = False
    needs_endpoint: bool = False

    def command(self, inventory: Path, forks: int) -> list[str]:
        """What to run."""
        if self.is_script:
            return [sys.executable, *self.arguments]
        return [str(BIN / "ansible-playbook"), *self.arguments, "-i", str(inventory), "--forks", str(forks)]


RECORDS = Contender("ours, records", ("snow_ops.spokes.qualtrics_setup", "-e", "qualtrics_spoke_route=records"))
ENDPOINT = Contender(
    "ours, endpoint",
    ("snow_ops.spokes.qualtrics_setup", "-e", "qualtrics_spoke_route=endpoint"),
    needs_endpoint=True,
)
ITSM_BOOK = Contender("servicenow.itsm", (str(PEERS / "itsm.yml"),))
URI_BOOK = Contender("ansible.builtin.uri", (str(PEERS / "uri.yml"),))
EMPTY = Contender("empty playbook", (str(PEERS / "empty.yml"),))
TASKS = Contender("as many tasks", (str(PEERS / "tasks.yml"),))
BARE = Contender("bare script", (str(Path(__file__).parent / "bare.py"),), is_script=True)
OURS = (RECORDS, ENDPOINT)


def hosts(number: int) -> list[str]:
    """The names of that many instances."""
    return [f"bench{index:03}" for index in range(1, number + 1)]


def write_inventory(folder: Path, number: int) -> Path:
    """An inventory of ``number`` instances that share a Qualtrics account, with the variables of all contenders."""
    login = {
        "host": "https://{{ inventory_hostname }}.service-now.com",
        "username": "spoke.setup",
        "password": PASSWORD,
    }
    variables = {
        "ansible_connection": "local",
        "ansible_python_interpreter": "{{ ansible_playbook_python }}",
        "login": login,
        "qualtrics_client_id": CLIENT_ID,
        "qualtrics_client_secret": CLIENT_SECRET,
        "qualtrics_spoke_instance": login,
        "qualtrics_spoke_organization_id": "acme",
        "qualtrics_spoke_api_token": API_TOKEN,
        "qualtrics_spoke_client_id": CLIENT_ID,
        "qualtrics_spoke_client_secret": CLIENT_SECRET,
    }
    path = folder / f"inventory_{number}.yml"
    path.write_text(yaml.safe_dump({"servicenow": {"hosts": dict.fromkeys(hosts(number)), "vars": variables}}))
    return path


def has_itsm() -> bool:
    """Whether servicenow.itsm is installed beside; raises `RuntimeError` where it is another one than was measured."""
    folder = ITSM / "ansible_collections" / "servicenow" / "itsm" / "plugins"
    if not folder.exists():
        return False
    names = sorted(
        [*folder.glob("module_utils/*.py"), folder / "modules" / "api.py", folder / "modules" / "api_info.py"]
    )
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in names)).hexdigest()
    if f"sha256 {digest}" not in (PEERS / "requirements.yml").read_text():
        raise RuntimeError(f"{folder} is not servicenow.itsm {ITSM_VERSION}: {digest}")
    return True


def install_itsm() -> None:
    """Install it, as peers/requirements.yml says."""
    requirements = str(PEERS / "requirements.yml")
    command = [str(BIN / "ansible-galaxy"), "collection", "install", "-r", requirements, "-p", str(ITSM)]
    subprocess.run(command, check=False)
