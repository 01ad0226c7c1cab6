# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""Where secrets could be left behind: files, logs, caches, reports, process arguments. They are in none of them."""

from __future__ import annotations

import base64
import html
import json
import os
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

import psutil
import pytest
import yaml
from connections import install_endpoint
from support import SECRETS, VAULT_PASSWORD_FILE, ansible_playbook, example_inventory, leaks, other_python

from sandbox import Sandbox

SETUP = "snow_ops.spokes.qualtrics_setup"
WRONG = "sandbox-wrong-Secret/with+signs=&%"


def traces(folder: Path) -> str:
    """The content of every file below ``folder``, one after the other."""
    texts = []
    # Folders and files may go away while they are looked for; os.walk passes over such a folder.
    for parent, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            with suppress(FileNotFoundError):
                texts.append(Path(parent, name).read_text(errors="replace"))
    return "\n".join(texts)


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("path", "route"), [("fast", "records"), ("fast", "endpoint"), ("module", "records"), ("module", "endpoint")]
)
def test_a_run_leaves_no_secret_behind(sandbox: Sandbox, tmp_path: Path, path: str, route: str) -> None:
    if route == "endpoint":
        install_endpoint(sandbox)
    settings = {
        "ANSIBLE_LOG_PATH": str(tmp_path / "ansible.log"),
        "ANSIBLE_CACHE_PLUGIN": "jsonfile",
        "ANSIBLE_CACHE_PLUGIN_CONNECTION": str(tmp_path / "facts"),
        "ANSIBLE_CALLBACKS_ENABLED": "results_file,junit,snow_ops.spokes.summary",
        "JUNIT_OUTPUT_DIR": str(tmp_path / "junit"),
        "ANSIBLE_RETRY_FILES_ENABLED": "true",
        "HOME": str(tmp_path / "home"),
    }
    (tmp_path / "home").mkdir()
    arguments = [
        SETUP,
        *example_inventory(),
        "-l",
        "acmedev",
        "--diff",
        "-vvvv",
        "-e",
        f"qualtrics_spoke_report_dir={tmp_path}/report",
    ]
    if path == "module":
        arguments += ["-e", f"ansible_python_interpreter={other_python(tmp_path)}"]
    wrong = tmp_path / "wrong.yml"
    wrong.write_text(yaml.safe_dump({"qualtrics_spoke_client_secret": WRONG}))
    outputs = []
    seen = []
    stop = threading.Event()

    def watch() -> None:
        while not stop.is_set():
            for process in psutil.Process().children(recursive=True):
                try:
                    seen.append(" ".join([*process.cmdline(), *map("=".join, process.environ().items())]))
                except psutil.Error:
                    continue
            if path == "fast":
                # A module process gets its arguments in a file, which Ansible removes.
                seen.append(traces(tmp_path / "ansible-local") + traces(tmp_path / "ansible-remote"))
            time.sleep(0.02)

    pool = ThreadPoolExecutor(1)
    watcher = pool.submit(watch)
    try:
        for extra in ([], ["--check"], ["-e", f"@{wrong}"], ["-e", "qualtrics_spoke_oauth_name=Other"]):
            # Trouble on the way makes Ansible and the modules say more than otherwise.
            sandbox.control.fault("garbled", when="after", skip=12)
            sandbox.control.fault("status", status=503, when="after", skip=15)
            play = ansible_playbook(sandbox.environment, tmp_path, *arguments, *extra, settings=settings)
            sandbox.control.clear_faults()
            outputs.append(play.stdout + play.stderr + str(play.results))
            assert play.returncode == (2 if any("wrong" in part for part in extra) else 0), play.stdout
    finally:
        stop.set()
        pool.shutdown()
    # Raises what ended it before its time.
    watcher.result()
    wrong.unlink()
    assert any("ansible-playbook" in line for line in seen)
    assert (tmp_path / "ansible.log").stat().st_size > 10000
    assert list((tmp_path / "junit").glob("*.xml"))
    assert sorted(path.suffix for path in (tmp_path / "report").glob("*")) == [".html", ".json", ".xml"]
    for what, text in {
        "output": "\n".join(outputs),
        "files": traces(tmp_path),
        "processes and temporary files": "\n".join(seen),
    }.items():
        assert leaks(text, (*SECRETS, WRONG)) == [], what


def test_the_scanner_finds_every_form() -> None:
    for prefix in ("", "x", "xy", "user:"):
        assert leaks(f"Basic {base64.b64encode((prefix + WRONG).encode()).decode()}", (WRONG,)) == [WRONG]
    assert leaks(f"...{quote(WRONG, safe='')}...", (WRONG,))
    odd = "sandbox\"secret\\with<signs>&'ü"
    for text in (
        json.dumps({"a": odd}),
        repr({"a": odd}),
        json.dumps(json.dumps(odd)),
        html.escape(odd),
        html.escape(repr(odd)),
    ):
        assert leaks(text, (odd,)), text
    assert leaks("nothing here", (*SECRETS, WRONG)) == []


def test_the_example_vault_is_encrypted_and_opens_with_the_demo_password() -> None:
    vault = VAULT_PASSWORD_FILE.parents[2] / "examples" / "inventory" / "group_vars" / "all" / "vault.yml"
    assert vault.read_text().startswith("$ANSIBLE_VAULT;1.1;AES256")
    command = [
        str(Path(sys.executable).parent / "ansible-vault"),
        "view",
        "--vault-password-file",
        str(VAULT_PASSWORD_FILE),
        str(vault),
    ]
    opened = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert all(value.endswith(("fake", "1", "fa4e")) for value in yaml.safe_load(opened).values()), (
        "fixtures are obviously fake"
    )
