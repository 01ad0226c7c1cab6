# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""The software bill of materials of the artefact, in CycloneDX: the collection with its digest, and all that it needs to run.

None of that is part of the artefact. The versions are those with which it is tested; the ranges that it allows are properties.
"""

from __future__ import annotations

import hashlib
import re
import uuid
from dataclasses import dataclass
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
LICENSES = {"requests": "Apache-2.0", "ansible-core": "GPL-3.0-or-later"}
PIN = re.compile(r"(?m)^([A-Za-z0-9._-]+)==([^\s;]+)(?:[^\n]*\\\n(?:    --hash=\S+(?: \\)?\n)+)")


@dataclass(frozen=True)
class Package:
    """A pinned package: ``needed_by`` are the names of the packages that ask for it, ``pin`` is its line with the hashes."""

    name: str
    version: str
    needed_by: frozenset[str]
    pin: str


def requirements() -> dict[str, str]:
    """What the collection itself asks for where its tasks run: package to range of versions."""
    runtime: dict[str, Any] = yaml.safe_load((ROOT / "meta" / "runtime.yml").read_text(encoding="utf-8"))
    found = {"ansible-core": runtime["requires_ansible"]}
    for line in (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines():
        match = re.fullmatch(r"([A-Za-z0-9._-]+)(.*)", line.partition("#")[0].strip())
        if match:
            found[match[1]] = match[2].strip()
    return found


def pinned(text: str) -> dict[str, Package]:
    """The packages of a file of pinned requirements, by name."""
    found = {}
    pins = list(PIN.finditer(text))
    for pin, following in zip(pins, [*(match.start() for match in pins[1:]), len(text)], strict=True):
        comments = " ".join(line.strip("# ") for line in text[pin.end() : following].splitlines())
        needed_by = frozenset(
            word for word in comments.removeprefix("via").split() if re.fullmatch(r"[a-z0-9][a-z0-9._-]*", word)
        )
        found[pin[1]] = Package(pin[1], pin[2], needed_by, pin[0].rstrip())
    return found


def needed() -> dict[str, Package]:
    """What the collection needs, directly or not, as it is pinned for the demo."""
    packages = pinned((ROOT / "requirements-demo.txt").read_text(encoding="utf-8"))
    names = set(requirements())
    while more := {name for name, package in packages.items() if package.needed_by & names} - names:
        names |= more
    return {name: packages[name] for name in sorted(names)}


def _component(package: Package, allowed: str | None) -> Component:
    return Component(
        name=package.name,
        version=package.version,
        type=ComponentType.LIBRARY,
        bom_ref=f"{package.name}@{package.version}",
        purl=PackageURL("pypi", None, package.name, package.version),
        licenses=[LicenseFactory().make_from_string(LICENSES[package.name])] if package.name in LICENSES else [],
        properties=[Property(name="versions", value=allowed)] if allowed else [],
    )


def bill_of_materials(artefact: Path) -> str:
    """The document for a built artefact; the same artefact gives the same document."""
    galaxy: dict[str, Any] = yaml.safe_load((ROOT / "galaxy.yml").read_text(encoding="utf-8"))
    digest = hashlib.sha256(artefact.read_bytes()).hexdigest()
    name, version = f"{galaxy['namespace']}.{galaxy['name']}", galaxy["version"]
    collection = Component(
        name=name,
        version=version,
        type=ComponentType.LIBRARY,
        bom_ref=f"{name}@{version}",
        purl=PackageURL("generic", galaxy["namespace"], galaxy["name"], version),
        description=galaxy["description"],
        licenses=[LicenseFactory().make_from_string(galaxy["license"][0])],
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=digest)],
    )
    direct, packages = requirements(), needed()
    components = {package: _component(packages[package], direct.get(package)) for package in packages}
    bom = Bom(components=components.values(), serial_number=uuid.uuid5(NAMESPACE, digest))
    bom.metadata.component = collection
    # Not the time of day: two builds of the same files are to give the same document.
    bom.metadata.timestamp = datetime.fromtimestamp(0, UTC)
    bom.register_dependency(collection, [components[package] for package in direct])
    for package, component in components.items():
        bom.register_dependency(
            component, [components[other] for other in packages if package in packages[other].needed_by]
        )
    return JsonV1Dot6(bom).output_as_string(indent=2) + "\n"


def write(artefact: Path) -> Path:
    """Put the document beside ``artefact``."""
    target = artefact.with_name(artefact.name.removesuffix(".tar.gz") + ".cdx.json")
    target.write_text(bill_of_materials(artefact), encoding="utf-8")
    return target
