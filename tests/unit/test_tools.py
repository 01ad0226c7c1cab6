# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""The tools: the demo reads Ansible's output, ansible-test finds a home, galaxy.yml names what ships."""

from __future__ import annotations

import ensurepip
import hashlib
import io
import shlex
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
import yaml
from support import ROOT

from tools import ansible_test, changelog, collection
from tools.checkout import copy_collection, tracked
from tools.demo.playbook import diffs_of, play, recap_of
from tools.demo.screen import Screen

OUTPUT = """\
TASK [x : Connection] **********
--- before: http_connection
+++ after: http_connection
@@ -0,0 +1,1 @@
+    name: Qualtrics

changed: [acmetest]
--- before: oauth_entity
+++ after: oauth_entity
changed: [acmedev]
ok: [acmeprod]

PLAY RECAP *****
acmedev                    : ok=20   changed=2    unreachable=0    failed=0    skipped=1    rescued=0    ignored=0
acmetest                   : ok=3    changed=1    unreachable=0    failed=1    skipped=1    rescued=0    ignored=0
""".splitlines()


def test_the_demo_knows_whose_diff_it_is() -> None:
    diffs = diffs_of(OUTPUT)
    assert diffs["acmetest"] == OUTPUT[1:5]
    assert diffs["acmedev"] == OUTPUT[7:9]
    assert set(diffs) == {"acmedev", "acmetest"}


def test_the_demo_reads_the_recap() -> None:
    recap = recap_of(OUTPUT)
    assert (recap["acmedev"]["changed"], recap["acmetest"]["failed"], len(recap)) == (2, 1, 2)


def test_a_failed_playbook_fails_the_demo(tmp_path: Path) -> None:
    with Screen(tmp_path / "log") as screen:
        run = play([sys.executable, "-c", "print('TASK [a : b] ***'); raise SystemExit(3)"], tmp_path, {}, screen)
    assert (run.status, run.recap) == (3, {})
    assert "TASK [a : b]" in (tmp_path / "log").read_text()


def test_what_the_demo_prints_can_be_pasted_and_has_no_colours_in_a_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["ansible-playbook", "-e", '{"a": true}', "with space"]
    with Screen(tmp_path / "log") as screen:
        screen.heading("Title")
        screen.command(words)
    output = capsys.readouterr().out
    assert shlex.split(output.splitlines()[-1]) == ["$", *words]
    assert "\033" not in output
    assert (tmp_path / "log").read_text() == output


def test_ansible_test_gets_a_home_with_its_bootstrap_and_pips_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    user, home = tmp_path / "user", tmp_path / "home"
    (user / ".config" / "pip").mkdir(parents=True)
    (user / ".config" / "pip" / "pip.conf").write_text("[global]\nretries = 7\n")
    monkeypatch.setenv("HOME", str(user))
    monkeypatch.setenv("PIP_TIMEOUT", "33")
    command = Path(sys.executable).parent / "ansible-test"
    asked_for = ansible_test.asked_for(command)
    assert asked_for, "ansible-test no longer says in python_requirements.py which pip it asks for"
    environment = ansible_test.environment(command, home)
    assert environment["HOME"] == str(home)
    names = {path.name for path in (home / ".ansible" / "test" / "cache").iterdir()}
    assert {f"get_pip_{version.replace('.', '_')}.py" for version in asked_for} <= names
    settings = (home / ".config" / "pip" / "pip.conf").read_text()
    assert "retries = 7" in settings and "timeout = 33" in settings
    assert not (user / ".ansible").exists()


def test_the_bootstrap_installs_pip_without_a_network(tmp_path: Path) -> None:
    bundled = Path(ensurepip.__file__).parent / "_bundled"
    if not list(bundled.glob("pip-*.whl")):
        bundled = Path("/usr/share/python-wheels")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "venv"], check=True)
    script = tmp_path / "get_pip_24_2.py"
    script.write_text(ansible_test.BOOTSTRAP)
    python = tmp_path / "venv" / "bin" / "python"
    options = ["--no-index", "--find-links", bundled, "pip", "--no-setuptools", "--no-wheel"]
    subprocess.run([python, script, *options], check=True, capture_output=True)
    done = subprocess.run([python, "-m", "pip", "--version"], check=True, capture_output=True, text=True)
    assert str(tmp_path) in done.stdout


def test_galaxy_yml_names_every_file_that_git_keeps_and_users_need() -> None:
    directives = yaml.safe_load((ROOT / "galaxy.yml").read_text())["manifest"]["directives"]
    assert [line.removeprefix("include ") for line in directives] == collection.shipped(tracked()), "run: make manifest"
    assert len(directives) > 80


@pytest.mark.parametrize(
    "name",
    [
        ".ansible-lint",
        "tests/unit/x.py",
        "tests/config.json",
        "roles/x/.cache/y",
        "sandbox/x.py",
        "galaxy.yml",
        "Makefile",
    ],
)
def test_what_users_do_not_need_does_not_ship(name: str) -> None:
    assert collection.shipped([name, "README.md"]) == ["README.md"]


@pytest.mark.parametrize(
    "name",
    [
        "tests/config.yml",
        "tests/sanity/ignore-2.19.txt",
        "plugins/modules/sandbox/x.py",
        "LICENSES/GPL-3.0-or-later.txt",
    ],
)
def test_what_users_and_automation_hub_need_ships(name: str) -> None:
    assert collection.shipped([name]) == [name]


def test_a_name_that_a_directive_would_not_take_as_it_is_is_refused() -> None:
    with pytest.raises(ValueError, match=r"plugins/\*\.py"):
        collection.with_list("manifest:\n  directives:\n    - include x\n", ["plugins/*.py"])


def test_times_do_not_change_the_artefact() -> None:
    def archive(time: int) -> bytes:
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w:gz") as tar:
            member = tarfile.TarInfo("a")
            member.mtime, member.size = time, 1
            tar.addfile(member, io.BytesIO(b"x"))
        return packed.getvalue()

    one, other = (hashlib.sha256(collection.without_times(archive(time))).hexdigest() for time in (1, 2_000_000_000))
    assert one == other
    assert archive(1) != archive(2_000_000_000)


def test_a_fragment_gets_into_the_entry_of_the_version_and_is_removed(tmp_path: Path) -> None:
    pytest.importorskip("antsibull_changelog", reason="the environments of other releases of ansible-core have none")
    copy = copy_collection(tmp_path)
    subprocess.run(["git", "init", "--quiet"], cwd=copy, check=True)
    entry = "snow_sys_property - what the test of the changelog says."
    (copy / "changelogs" / "fragments" / "of_a_test.yml").write_text(f"bugfixes:\n  - {entry}\n")
    assert "of_a_test.yml" in changelog.release(copy)
    assert list((copy / "changelogs" / "fragments").glob("*.yml")) == []
    version = yaml.safe_load((copy / "galaxy.yml").read_text())["version"]
    text = (copy / "CHANGELOG.rst").read_text()
    assert entry in text.partition(f"v{version}\n")[2].partition("\nv0.1.0\n")[0]
    for plugin in ("snow_ops.spokes.qualtrics_probe", "snow_ops.spokes.claim", "snow_ops.spokes.summary"):
        assert f"- {plugin} - " in text
    assert changelog.release(copy) == []
    assert (copy / "CHANGELOG.rst").read_text() == text
