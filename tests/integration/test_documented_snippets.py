# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""Every snippet of the README, the documentation and the roles' READMEs runs as it is printed: commands, inventories, plays and tasks."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import textwrap
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml
from support import API_TOKEN, CLIENT_ID, CLIENT_SECRET, PASSWORD, ROOT, SETS_UP, leaks

from sandbox import Sandbox
from tools.sanity import copy_collection

BIN = Path(sys.executable).parent
DOCUMENTS = sorted(
    [
        ROOT / "README.md",
        *(ROOT / "docs").glob("*.md"),
        *(ROOT / "docs" / "docsite").glob("*.md"),
        *(ROOT / "roles").glob("*/README.md"),
    ]
)
# Its plays and data are for a controller: `make controller` and `make ecosystem` run those. Here only its targets of make can be tried.
FOR_A_CONTROLLER = "docs/controller.md"
# A document that lost its snippets, or this test its eyes, is noticed.
FEWEST = {
    "docs/development.md": 36,
    "README.md": 26,
    "docs/controller.md": 3,
    "docs/day_two.md": 12,
    "docs/reliability.md": 7,
    "docs/docsite/automation.md": 3,
    "docs/docsite/environments.md": 4,
    "docs/docsite/ten_minutes.md": 10,
    "docs/proof.md": 2,
    "docs/setup_endpoint.md": 5,
    "roles/qualtrics_spoke/README.md": 2,
    "roles/setup_endpoint/README.md": 1,
}
VAULT = {
    "vault_servicenow_password": PASSWORD,
    "vault_qualtrics_api_token": API_TOKEN,
    "vault_qualtrics_client_id": CLIENT_ID,
    "vault_qualtrics_client_secret": CLIENT_SECRET,
    "vault_qualtrics_previous_client_secret": CLIENT_SECRET,
}
VAULT_PASSWORD = "sandbox-vault-fake"
FENCE = re.compile(r"^( *)```(yaml|shell)\n(.*?)^\1```", re.MULTILINE | re.DOTALL)
COMMAND = re.compile(r"`((?:ansible-(?:playbook|vault|doc|galaxy)|make) [^`]+)`")
# What stands for a value of the reader's own.
PLACEHOLDERS = {"<company code>": "224240", "<the new one>": "property-set"}


@dataclass(frozen=True)
class Snippet:
    """``text`` as printed in ``document``, of the kind ``yaml`` or ``command``."""

    document: str
    kind: str
    text: str


def snippets() -> list[Snippet]:
    """All of them, in the order in which they are printed; a command that is split over lines as one."""
    found = []
    for path in DOCUMENTS:
        document, text = str(path.relative_to(ROOT)), path.read_text()
        fences = [(match.start(), match[2], textwrap.dedent(match[3])) for match in FENCE.finditer(text)]
        inline = [
            (match.start(), "inline", " ".join(match[1].split()))
            for match in COMMAND.finditer(FENCE.sub(lambda fence: " " * len(fence[0]), text))
        ]
        for _position, language, body in sorted(fences + inline):
            if language == "yaml":
                found.append(Snippet(document, "yaml", body))
            else:
                lines = body.replace("\\\n", " ").splitlines()
                found += [
                    Snippet(document, "command", line) for line in lines if line.strip() and not line.startswith("#")
                ]
    return [snippet for snippet in found if snippet.document != FOR_A_CONTROLLER or snippet.text.startswith("make ")]


def role_examples() -> list[str]:
    """The examples of every entry point of every role; removing comes last."""
    specs = [
        yaml.safe_load(path.read_text())["argument_specs"]
        for path in sorted((ROOT / "roles").glob("*/meta/argument_specs.yml"))
    ]
    entries = [(name == "remove", entry["examples"]) for spec in specs for name, entry in spec.items()]
    return [example for _is_last, example in sorted(entries, key=lambda entry: entry[0])]


class Reader:
    """Somebody who follows a document: a folder with the inventory that it prints, and a vault."""

    def __init__(self, sandbox: Sandbox, folder: Path) -> None:
        self.folder, self.inventory = folder, folder / "inventory"
        (self.inventory / "group_vars" / "all").mkdir(parents=True)
        (folder / "vault-password").write_text(VAULT_PASSWORD)
        self.environment = {
            **{
                name: value
                for name, value in os.environ.items()
                if not name.startswith(("SN_", "QUALTRICS_", "PYTEST"))
            },
            **sandbox.environment,
            "ANSIBLE_LOCAL_TEMP": str(folder / "ansible-local"),
            "ANSIBLE_NOCOLOR": "1",
            # As the documents ask for.
            "ANSIBLE_CALLBACKS_ENABLED": "snow_ops.spokes.summary",
            "PATH": f"{BIN}:{os.environ['PATH']}",
        }
        for snippet in snippets():
            name = re.match(r"# (\S+\.yml)\n", snippet.text)
            # Of the collections that a project needs; it stands beside the inventory.
            if snippet.kind == "yaml" and name and name[1] != "requirements.yml":
                (self.inventory / name[1]).write_text(snippet.text)
        vault = self.inventory / "group_vars" / "all" / "vault.yml"
        vault.write_text(yaml.safe_dump(VAULT))
        done = self.run("ansible-vault encrypt group_vars/all/vault.yml", self.inventory)
        assert done.returncode == 0, done.stderr
        assert vault.read_text().startswith("$ANSIBLE_VAULT;")

    def run(self, command: str, folder: Path | None = None) -> subprocess.CompletedProcess[str]:
        """Run ``command`` in a shell as it stands; whatever asks for a password gets the vault's."""
        for placeholder, value in PLACEHOLDERS.items():
            command = command.replace(placeholder, value)
        return subprocess.run(
            ["bash", "-c", command],
            env=self.environment,
            cwd=folder or self.folder,
            # Without a terminal of its own, so that the question is asked on standard input.
            start_new_session=True,
            input=f"{VAULT_PASSWORD}\n{VAULT_PASSWORD}\n",
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    def play(self, snippet: Snippet) -> subprocess.CompletedProcess[str]:
        """Run a printed play, or printed tasks in a play on the inventory's hosts."""
        plays = yaml.safe_load(snippet.text)
        if not any("hosts" in play for play in plays):
            plays = [{"hosts": "servicenow", "gather_facts": False, "tasks": plays}]
        (self.folder / "play.yml").write_text(yaml.safe_dump(plays))
        on_localhost = any(play["hosts"] == "localhost" for play in plays)
        extra = " -e @inventory/group_vars/all/main.yml -e @inventory/group_vars/all/vault.yml" if on_localhost else ""
        return self.run(f"ansible-playbook play.yml -i inventory --vault-password-file vault-password{extra}")


@pytest.fixture
def reader(sandbox: Sandbox, tmp_path: Path) -> Reader:
    return Reader(sandbox, tmp_path)


def test_no_document_has_lost_its_snippets() -> None:
    found = [snippet.document for snippet in snippets()]
    assert {document: found.count(document) >= number for document, number in FEWEST.items()} == dict.fromkeys(
        FEWEST, True
    ), found


@pytest.mark.long
def test_every_play_and_task_runs(reader: Reader) -> None:
    plays = [snippet for snippet in snippets() if snippet.kind == "yaml" and not snippet.text.startswith("# ")]
    assert len(plays) >= 5
    for snippet in plays:
        done = reader.play(snippet)
        assert done.returncode == 0, f"{snippet.document}\n{snippet.text}\n{done.stdout}{done.stderr}"
        assert leaks(done.stdout + done.stderr) == []
    for example in role_examples():
        done = reader.play(Snippet("argument_specs", "yaml", example))
        assert done.returncode == 0, f"{example}\n{done.stdout}{done.stderr}"
        assert leaks(done.stdout + done.stderr) == []
    tagged = next(snippet for snippet in plays if "apply:" in snippet.text)
    reader.play(tagged)
    done = reader.run("ansible-playbook play.yml -i inventory --vault-password-file vault-password --tags qualtrics")
    assert SETS_UP in done.stdout


@pytest.mark.long
def test_every_playbook_command_runs(reader: Reader) -> None:
    commands = [
        snippet for snippet in snippets() if snippet.kind == "command" and snippet.text.startswith("ansible-playbook ")
    ]
    assert len(commands) >= 7
    # What several pages print is run once.
    for snippet in {" ".join(snippet.text.split()): snippet for snippet in commands}.values():
        if "qualtrics_verify" in snippet.text:
            reader.run(
                "ansible-playbook snow_ops.spokes.qualtrics_setup -i inventory --vault-password-file vault-password"
            )
        done = reader.run(snippet.text)
        assert done.returncode == 0, f"{snippet.document}\n{snippet.text}\n{done.stdout}{done.stderr}"
        assert "failed=0" in done.stdout
        assert leaks(done.stdout + done.stderr) == []


def from_artefact(command: str) -> str:
    """``command``, the collection taken from the artefact that was built in this folder in the place of Galaxy."""
    return re.sub(
        r"install snow_ops\.spokes(?::==[0-9.]+)?(?= |$)", "install ./snow_ops-spokes-*.tar.gz --force", command
    )


@pytest.mark.long
def test_every_other_command_is_one(reader: Reader, tmp_path: Path) -> None:
    """Installing and reading are done; of make it is asked whether it has the target, and of pytest what it selects: some run for long."""
    copy = copy_collection(tmp_path)
    copy.rename(tmp_path / "snow_ops.spokes")
    built = reader.run("ansible-galaxy collection build snow_ops.spokes")
    assert built.returncode == 0, built.stderr
    installed = {"ANSIBLE_COLLECTIONS_PATH": str(tmp_path / "installed")}
    (artefact,) = reader.folder.glob("snow_ops-spokes-*.tar.gz")
    (reader.folder / "requirements.yml").write_text(
        yaml.safe_dump({"collections": [{"name": f"./{artefact.name}", "type": "file"}]})
    )
    others = [
        snippet
        for snippet in snippets()
        if snippet.kind == "command" and not snippet.text.startswith("ansible-playbook ")
    ]
    assert len(others) >= 15
    for snippet in others:
        program, _space, rest = snippet.text.partition(" ")
        if program == "make":
            done = reader.run(f"make -n {rest}", ROOT)
        elif program == "ansible-vault":
            # Done by every reader.
            continue
        elif " -m pytest" in snippet.text:
            done = reader.run(re.sub(" -n 2", "", snippet.text.partition("#")[0]) + " --collect-only", ROOT)
        else:
            reader.environment.update(installed)
            done = reader.run(from_artefact(snippet.text))
        assert done.returncode == 0, f"{snippet.document}\n{snippet.text}\n{done.stdout}{done.stderr}"
