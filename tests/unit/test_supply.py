# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""What the project is made of: pinned and hashed tools, a bill of materials that is valid, no secrets in the tree."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from support import ROOT

from tools import sbom, secret_scan

CORES = ("2.16", "2.18", "2.19", "2.20", "2.21")
# Put together here, so that nothing in the tree looks like one.
LOOKALIKES = {
    "private key": "-----BEGIN RSA " + "PRIVATE KEY-----\nMIIEpAIBAAKCAQEA\n",
    "AWS key": 'key = "' + "AKIA" + 'QK3ZP7MWX2LD9TBV"\n',
    "password": 'password = "' + "Tr0ub4dor" + '&3-correct"\n',
    "token": 'api_token: "' + "zWq8sYt1LkVb2Mx9" + 'Rn4Pc7HdGf3JuTe5aXoQ"\n',
    "a mark in the middle": 'password = "' + "mySandbox" + 'ButRealSecret99!"\n',
    "login on a command line": "curl -u admin:" + "Summer2026!" + " https://acme.invalid/\n",
    "login in a header": "Authorization: " + "Basic YWRtaW46U3Vt" + "bWVyMjAyNiE=\n",
    "login in a URL": "url = 'https://admin:" + "hunter2hunter2" + "@acme.invalid/'\n",
}


# The scan is a part of make lint.
@pytest.mark.long
def test_the_tree_holds_no_secrets() -> None:
    assert list(secret_scan.findings(secret_scan.tracked_files(ROOT))) == []


@pytest.mark.parametrize("kind", LOOKALIKES)
def test_what_looks_like_a_secret_is_found(tmp_path: Path, kind: str) -> None:
    file = tmp_path / "settings.py"
    file.write_text("# nothing here\n" + LOOKALIKES[kind])
    assert [line.rpartition(":")[0] for line in secret_scan.findings([file])] == [f"{file}:2"]


def test_a_fixture_that_says_that_it_is_one_is_none(tmp_path: Path) -> None:
    file = tmp_path / "settings.py"
    file.write_text('password = "sandbox-Password-1"\n')
    assert list(secret_scan.findings([file])) == []


@pytest.mark.parametrize(
    ("name", "at_least"),
    [
        ("requirements-demo.txt", 20),
        ("requirements-controller.txt", 40),
        ("requirements-ecosystem.txt", 60),
        ("requirements-dev.txt", 100),
        ("requirements-docs.txt", 40),
        ("requirements-nox.txt", 40),
        *((f"tools/cores/{core}.txt", 60) for core in CORES),
        ("tools/certification/import.txt", 30),
        ("tools/certification/lint.txt", 20),
    ],
)
def test_every_tool_is_pinned_and_hashed(name: str, at_least: int) -> None:
    text = (ROOT / name).read_text()
    packages = re.split(r"\n(?=[A-Za-z0-9])", "\n" + re.sub(r"(?m)^\s*#.*\n", "", text))[1:]
    assert len(packages) >= at_least
    assert [
        package.splitlines()[0]
        for package in packages
        if not re.match(r"[\w.\[\]-]+==\S+( ;.*)? \\\n\s+--hash=sha256:", package)
    ] == []
    assert "://" not in text


@pytest.mark.parametrize("folder", ["tests/fidelity/npm", "tools/js"])
def test_every_npm_package_is_pinned_and_hashed(folder: str) -> None:
    lock = json.loads((ROOT / folder / "package-lock.json").read_text())
    assert len(lock["packages"]) > 1
    assert [
        name
        for name, package in lock["packages"].items()
        if name and not package.get("integrity", "").startswith("sha512-")
    ] == []


def test_the_bill_of_materials_is_valid_complete_and_reproducible(tmp_path: Path) -> None:
    artefact = tmp_path / "snow_ops-spokes-0.0.0.tar.gz"
    artefact.write_bytes(b"an artefact")
    text = sbom.write(artefact).read_text()
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    document = json.loads(text)
    names = {component["name"]: component["version"] for component in document["components"]}
    assert {
        "ansible-core",
        "requests",
        "urllib3",
        "certifi",
        "idna",
        "charset-normalizer",
        "jinja2",
        "markupsafe",
        "pyyaml",
        "cffi",
    } <= set(names)
    assert not {"h11", "quickjs-ng", "pydantic"} & set(names), "only the sandbox needs these"
    assert all(names.values())
    graph = {entry["ref"]: set(entry.get("dependsOn", [])) for entry in document["dependencies"]}
    assert (
        {ref.partition("@")[0] for ref in graph[document["metadata"]["component"]["bom-ref"]]}
        == {"ansible-core", "requests"}
        == set(sbom.requirements())
    )
    assert f"urllib3@{names['urllib3']}" in graph[f"requests@{names['requests']}"]
    assert document["metadata"]["component"]["hashes"][0]["content"] == hashlib.sha256(b"an artefact").hexdigest()
    assert sbom.bill_of_materials(artefact) == text
