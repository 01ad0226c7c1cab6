# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""The software bill of materials of the artefact, in CycloneDX: the collection with its digest, and what it needs to run."""
from __future__ import annotations

import hashlib
import re
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml
from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import HashAlgorithm, HashType, Property
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL

ROOT = Path(__file__).resolve().parents[1]
NAMESPACE = uuid.UUID("6cf39d5e-7c5e-5b52-8b0a-52a4f5f2b7a1")
# What the collection runs on; neither is part of the artefact.
LICENSES = {"requests": "Apache-2.0", "ansible-core": "GPL-3.0-or-later"}


def requirements() -> dict[str, str]:
    """What the collection needs where its tasks run: package to range of versions."""
    runtime: dict[str, Any] = yaml.safe_load((ROOT / "meta" / "runtime.yml").read_text(encoding="utf-8"))
    found = {"ansible-core": runtime["requires_ansible"]}
    for line in (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines():
        match = re.fullmatch(r"([A-Za-z0-9._-]+)(.*)", line.partition("#")[0].strip())
        if match:
            found[match[1]] = match[2].strip()
    return found


def bill_of_materials(artefact: Path) -> str:
    """The document for a built artefact; the same artefact gives the same document."""
    galaxy: dict[str, Any] = yaml.safe_load((ROOT / "galaxy.yml").read_text(encoding="utf-8"))
    digest = hashlib.sha256(artefact.read_bytes()).hexdigest()
    name, version = f"{galaxy['namespace']}.{galaxy['name']}", galaxy["version"]
    license_of = LicenseFactory().make_from_string
    collection = Component(
        name=name,
        version=version,
        type=ComponentType.LIBRARY,
        bom_ref=f"{name}@{version}",
        purl=PackageURL("generic", galaxy["namespace"], galaxy["name"], version),
        description=galaxy["description"],
        licenses=[license_of(galaxy["license"][0])],
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=digest)],
    )
    needed = [
        Component(
            name=package,
            type=ComponentType.LIBRARY,
            bom_ref=package,
            purl=PackageURL("pypi", None, package),
            licenses=[license_of(LICENSES[package])],
            properties=[Property(name="versions", value=versions)],
        )
        for package, versions in sorted(requirements().items())
    ]
    bom = Bom(components=needed, serial_number=uuid.uuid5(NAMESPACE, digest))
    bom.metadata.component = collection
    # Not the time of day: two builds of the same files are to give the same document.
    bom.metadata.timestamp = datetime.fromtimestamp(0, UTC)
    bom.register_dependency(collection, needed)
    return JsonV1Dot6(bom).output_as_string(indent=2) + "\n"


def write(artefact: Path) -> Path:
    """Put the document beside ``artefact``."""
    target = artefact.with_name(artefact.name.removesuffix(".tar.gz") + ".cdx.json")
    target.write_text(bill_of_materials(artefact), encoding="utf-8")
    return target
