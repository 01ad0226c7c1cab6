# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""A target whose Python is too old: the task fails with a sentence that names the Python that is needed."""

from __future__ import annotations

import ast
import os
import re
import subprocess
from pathlib import Path

import pytest
import yaml
from ansible_collections.snow_ops.spokes.plugins.module_utils._python import check_python
from support import ROOT, SPOKE_SCOPE, ansible_playbook, login

from sandbox import Sandbox

MODULES = sorted((ROOT / "plugins" / "modules").glob("*.py"))
# What such a Python reads before it can say a word.
READ_FIRST = [*MODULES, ROOT / "plugins/module_utils/_python.py"]


def old_pythons() -> list[Path]:
    """The Pythons before 3.9 that are to be found here: on the path, or where pyenv keeps them."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    folders = [Path(folder) for folder in os.environ["PATH"].split(os.pathsep)] + [
        entry / "bin" for entry in pyenv.glob("3.*")
    ]
    return [folder / name for folder in folders for name in ("python3.7", "python3.8") if (folder / name).exists()]


@pytest.mark.parametrize("version", [(2, 7, 18), (3, 6, 15), (3, 8, 18)])
def test_an_old_python_is_named(version: tuple[int, ...]) -> None:
    refusal = check_python(version, "/usr/bin/python3")
    assert refusal["failed"] is True
    assert f"Python {version[0]}.{version[1]} at /usr/bin/python3 is too old" in refusal["msg"]
    assert "needs Python 3.9 or later" in refusal["msg"]
    assert check_python((3, 9, 0), "/usr/bin/python3") is None


@pytest.mark.parametrize("file", READ_FIRST, ids=[file.name for file in READ_FIRST])
def test_python_3_6_can_read_what_it_reads_first(file: Path) -> None:
    tree = ast.parse(file.read_text(), feature_version=(3, 6))
    futures = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module == "__future__"]
    assert futures == []


@pytest.mark.parametrize("file", MODULES, ids=[file.name for file in MODULES])
def test_every_module_imports_the_check_first(file: Path) -> None:
    imported = re.findall(r"^from (ansible_collections\S+) import (\w+)", file.read_text(), re.MULTILINE)
    assert imported[0] == ("ansible_collections.snow_ops.spokes.plugins.module_utils", "_python")


def test_the_packages_are_empty_as_ansible_core_2_16_wants_them() -> None:
    assert [path for path in (ROOT / "plugins").rglob("__init__.py") if path.stat().st_size] == []


@pytest.mark.sampled
@pytest.mark.parametrize("module", [file.stem for file in MODULES])
def test_a_task_under_an_old_python_says_so(sandbox: Sandbox, tmp_path: Path, module: str) -> None:
    found = [
        python
        for python in old_pythons()
        if subprocess.run([python, "-c", ""], check=False, capture_output=True).returncode == 0
    ]
    python = next((python for python in found if python.name == "python3.8"), None)
    if python is None:
        pytest.skip("needs a Python 3.8, which this machine does not have; the tests above cover what it would read")
    options = {
        "snow_sys_property": {"name": "x"},
        "snow_scripted_rest_api": {"service_id": "x", "state": "absent"},
        "snow_spoke_info": {"scope": SPOKE_SCOPE},
        "snow_store_app": {"scope": SPOKE_SCOPE},
        "snow_connection_alias": {"scope": SPOKE_SCOPE, "state": "absent"},
    }.get(module)
    task = {"name": "run", f"snow_ops.spokes.{module}": {"instance": login(), **options} if options else {}}
    (tmp_path / "play.yml").write_text(yaml.safe_dump([{"hosts": "all", "gather_facts": False, "tasks": [task]}]))
    host = {"ansible_connection": "local", "ansible_python_interpreter": str(python)}
    (tmp_path / "hosts.yml").write_text(yaml.safe_dump({"all": {"hosts": {"here": host}}}))
    done = ansible_playbook(sandbox.environment, tmp_path, "play.yml", "-i", "hosts.yml")
    # From ansible-core 2.21 on it says so itself, before any module.
    said = (
        "is too old: snow_ops.spokes needs Python 3.9 or later",
        "Ansible requires Python 3.9 or newer on the target",
    )
    assert any(text in done.result("run")["msg"] for text in said), done.stdout
    assert "Traceback" not in done.stdout + done.stderr
