# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""The artefact holds what users need, installs, and documents itself."""

from __future__ import annotations

import importlib
import json
import re
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
import yaml

from tools.checkout import copy_collection

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
MODULES = sorted(path.stem for path in (ROOT / "plugins" / "modules").glob("*.py"))
TOP_LEVEL = {
    "CHANGELOG.rst",
    "CODE_OF_CONDUCT.md",
    "CONTRIBUTING.md",
    "FILES.json",
    "LICENSE",
    "LICENSES",
    "MANIFEST.json",
    "README.md",
    "REUSE.toml",
    "SECURITY.md",
    "changelogs",
    "docs",
    "examples",
    "extensions",
    "meta",
    "playbooks",
    "plugins",
    "requirements.txt",
    "roles",
    "tests",
}
README_SECTIONS = [
    "Description",
    "Requirements",
    "Installation",
    "Use cases",
    "Testing",
    "Contributing",
    "Support",
    "Release notes and roadmap",
    "Related information",
    "License information",
]


# What lies about in a checkout that someone works in.
LITTER = (
    "acme.p12",
    "credentials.json",
    "docs/passwords.md",
    "examples/inventory/group_vars/all/plain_vault.yml",
    "examples/inventory/host_vars/acmeprod.yml",
    "id_rsa",
    "kubeconfig",
    "meta/secrets.yml",
    "playbooks/ours.yml",
    "plugins/modules/ours.py",
    "roles/qualtrics_spoke/vars/ours.yml",
    "secrets.yml",
    ".env",
    ".idea/workspace.xml",
    ".vault_pass",
    ".venv/pyvenv.cfg",
    "ansible.cfg",
    "collections/ansible_collections/snow_ops/spokes/galaxy.yml",
    "examples/inventory/.vault_pass",
    "examples/inventory/vault-password",
    "importer_result.json",
    "node_modules/x/index.js",
    "playbooks/qualtrics_setup.retry",
    "plugins/.DS_Store",
    "plugins/modules/__pycache__/x.cpython-311.pyc",
    "roles/qualtrics_spoke/.ruff_cache/x",
    "run.log",
    "snow_ops-spokes-0.0.9.tar.gz",
    "tests/output/x",
    "tls.key",
    "tls.pem",
    "vault_password",
)


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of this checkout, as git lists it."""
    return copy_collection(tmp_path_factory.mktemp("checkout"))


@pytest.fixture(scope="module")
def artefact(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("artefact")
    subprocess.run(
        [BIN / "ansible-galaxy", "collection", "build", "--output-path", folder],
        cwd=checkout,
        check=True,
        capture_output=True,
    )
    return next(folder.glob("snow_ops-spokes-*.tar.gz"))


@pytest.fixture(scope="module")
def installed(artefact: Path) -> Path:
    folder = artefact.parent / "installed"
    command = [BIN / "ansible-galaxy", "collection", "install", artefact, "-p", folder, "--offline", "--force"]
    subprocess.run(command, check=True, capture_output=True, cwd=artefact.parent)
    return folder


def test_the_artefact_holds_what_users_need_and_nothing_else(artefact: Path) -> None:
    assert {name.split("/")[0] for name in names_in(artefact)} == TOP_LEVEL
    assert {name for name in names_in(artefact) if name.startswith("tests/")} == {"tests/config.yml"}


def test_litter_in_the_checkout_does_not_get_into_the_artefact(checkout: Path, artefact: Path, tmp_path: Path) -> None:
    littered = shutil.copytree(checkout, tmp_path / "littered")
    for name in LITTER:
        (littered / name).parent.mkdir(parents=True, exist_ok=True)
        (littered / name).write_text("# not for users\n", encoding="utf-8")
    subprocess.run(
        [BIN / "ansible-galaxy", "collection", "build", "--output-path", tmp_path],
        cwd=littered,
        check=True,
        capture_output=True,
    )
    assert names_in(next(tmp_path.glob("*.tar.gz"))) == names_in(artefact)


def names_in(artefact: Path) -> list[str]:
    """The files in an artefact, sorted."""
    with tarfile.open(artefact) as archive:
        return sorted(member.name for member in archive if member.isfile())


@pytest.mark.sampled(every=3)
@pytest.mark.parametrize("module", MODULES)
def test_installed_modules_document_themselves(installed: Path, module: str) -> None:
    done = subprocess.run(
        [BIN / "ansible-doc", "--json", "-t", "module", f"snow_ops.spokes.{module}"],
        env={
            "ANSIBLE_COLLECTIONS_PATH": str(installed),
            "PATH": "/usr/bin:/bin",
            "HOME": str(installed),
            "LC_ALL": "C.UTF-8",
        },
        check=True,
        capture_output=True,
        text=True,
    )
    entry = json.loads(done.stdout)[f"snow_ops.spokes.{module}"]
    assert entry["doc"]["options"]
    assert entry["examples"].strip()
    assert entry["return"]
    assert entry["doc"]["has_action"]


def test_the_action_groups_have_every_module_by_the_options_that_it_takes() -> None:
    groups = yaml.safe_load((ROOT / "meta" / "runtime.yml").read_text())["action_groups"]
    specs = {
        name: importlib.import_module(f"ansible_collections.snow_ops.spokes.plugins.modules.{name}").MODULE_SPEC
        for name in MODULES
    }
    for group, option in (("servicenow", "instance"), ("qualtrics", "api_token")):
        assert sorted(groups[group]) == [name for name in MODULES if option in specs[name]["argument_spec"]]
    assert groups["spokes"] == [{"metadata": {"extend_group": ["snow_ops.spokes.servicenow"]}}]
    assert sorted(path.stem for path in (ROOT / "plugins" / "action").glob("*.py")) == MODULES


def test_ansible_builder_finds_the_python_requirements(installed: Path) -> None:
    collections = installed / "ansible_collections"
    done = subprocess.run(
        [BIN / "ansible-builder", "introspect", "--sanitize", collections.parent],
        check=True,
        capture_output=True,
        text=True,
    )
    assert "requests>=2.32.4" in done.stdout


def test_the_readme_has_the_sections_of_the_certified_template() -> None:
    text = (ROOT / "README.md").read_text()
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == README_SECTIONS
    assert re.findall(r"\]\((?!https://)[^)]*\)", text) == [], "links have to be full URLs"


@pytest.mark.sampled(every=3)
@pytest.mark.parametrize("name", MODULES)
def test_the_documentation_names_the_action_groups_of_a_module(installed: Path, name: str) -> None:
    groups = yaml.safe_load((ROOT / "meta" / "runtime.yml").read_text())["action_groups"]
    done = subprocess.run(
        [BIN / "ansible-doc", "--json", "-t", "module", f"snow_ops.spokes.{name}"],
        env={
            "ANSIBLE_COLLECTIONS_PATH": str(installed),
            "PATH": "/usr/bin:/bin",
            "HOME": str(installed),
            "LC_ALL": "C.UTF-8",
        },
        check=True,
        capture_output=True,
        text=True,
    )
    attribute = json.loads(done.stdout)[f"snow_ops.spokes.{name}"]["doc"]["attributes"]["action_group"]
    own = [
        group
        for group, modules in groups.items()
        if name in modules or (group == "spokes" and name in groups["servicenow"])
    ]
    assert attribute["membership"] == [f"snow_ops.spokes.{group}" for group in own]


def test_every_input_of_the_role_is_in_the_readme_and_documented() -> None:
    readme = (ROOT / "README.md").read_text()
    role = ROOT / "roles" / "qualtrics_spoke"
    defaults = yaml.safe_load((role / "defaults" / "main.yml").read_text())
    specs = yaml.safe_load((role / "meta" / "argument_specs.yml").read_text())["argument_specs"]
    assert {name for entry in specs.values() for name in entry["options"]} == set(defaults)
    assert [name for name in defaults if f"`{name}`" not in readme] == []


@pytest.mark.parametrize("role", ["qualtrics_spoke", "setup_endpoint"])
def test_a_roles_list_of_its_variables_is_that_of_its_argument_specs(role: str) -> None:
    folder = ROOT / "roles" / role
    specs = yaml.safe_load((folder / "meta" / "argument_specs.yml").read_text())["argument_specs"]
    listed = yaml.safe_load((folder / "vars" / "main.yml").read_text())[f"__{role}_variables"]
    assert listed == sorted({name for entry in specs.values() for name in entry["options"]})


def test_the_setup_endpoints_role_knows_all_variables_of_the_other_role() -> None:
    own = yaml.safe_load((ROOT / "roles" / "qualtrics_spoke" / "vars" / "main.yml").read_text())
    other = yaml.safe_load((ROOT / "roles" / "setup_endpoint" / "vars" / "main.yml").read_text())
    assert other["__setup_endpoint_known"] == own["__qualtrics_spoke_variables"] + own["__qualtrics_spoke_results"]
