# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""From what the playbook qualtrics_probe found on a real instance to a sandbox that behaves like it."""

from __future__ import annotations

import copy
import re
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from .world import SWITCHES

HOW = "a probe has the keys servicenow, qualtrics, switches and seed, as the playbook qualtrics_probe writes them with -e probe_file=<file>"
# What Ansible writes before the result of the task that shows a probe.
RESULT_LINE = re.compile(r"\s*ok: \[[^\]\n]*\] => ")
# What an earlier version put in the place of a name, wherever that was part of something else.
PLACEHOLDER = "(name)"


class ProbeError(ValueError):
    """The file is not a probe."""


def _unmasked(text: str) -> str:
    if PLACEHOLDER in text:
        raise ValueError(f"a name was taken out of {text!r}; run the playbook of this version again")
    return text


Text = Annotated[str, AfterValidator(_unmasked)]
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.]+$")]


class Part(BaseModel):
    """One mapping of a probe's seed."""

    model_config = ConfigDict(extra="forbid", strict=True)


class FormField(Part):
    """An input of the spoke's form."""

    path: Name
    label: Text
    type: Text = "text"
    mandatory: bool = True


class OAuth(Part):
    """What the form presets."""

    default_grant_type: Text
    send_client_credentials_as: Text = ""
    scopes: list[Text] = []


class Attribute(Part):
    """A connection attribute."""

    element: Name
    label: Text
    internal_type: Text
    max_length: int = 0
    mandatory: bool = True


class Spoke(Part):
    """The spoke, as `spokes.spoke_records` takes it."""

    scope: Name
    alias: Name
    version: Name = ""
    fields_: Annotated[list[FormField], Field(alias="fields")]
    oauth: OAuth
    attributes: list[Attribute] = []


class Seed(Part):
    """What a probe says of a seed."""

    properties: dict[str, Text | None] = {}
    closed_tables: list[Name] = []
    spoke: Spoke | None = None


class Probe(Part):
    """The whole file."""

    servicenow: list[Any]
    qualtrics: list[Any]
    switches: dict[Any, Any]
    seed: Seed


def load_probe(path: str | Path) -> dict[str, Any]:
    """The probe in the file ``path``, be it what the playbook wrote or what Ansible showed of the task that shows it.

    Raises `ProbeError`, which names the key at fault.
    """
    try:
        probe = yaml.safe_load(RESULT_LINE.sub("", Path(path).read_text(encoding="utf-8"), count=1))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ProbeError(str(error)) from error
    if isinstance(probe, dict) and "seed" not in probe and isinstance(probe.get("msg"), dict):
        probe = probe["msg"]
    if not isinstance(probe, dict):
        raise ProbeError(HOW)
    try:
        Probe.model_validate(probe)
    except ValidationError as error:
        problems = [f"{'.'.join(map(str, problem['loc']))}: {problem['msg']}" for problem in error.errors()]
        raise ProbeError(f"{'; '.join(problems)} ({HOW})") from None
    unknown = sorted(map(str, set(probe["switches"]) - set(SWITCHES)))
    if unknown:
        raise ProbeError(f"there are no switches {', '.join(unknown)}; the probe is of another version")
    return probe


def seed_of(probe: dict[str, Any], seed: dict[str, Any]) -> dict[str, Any]:
    """``seed`` with what ``probe``, of `load_probe`, says of properties, closed tables and the spoke, on every instance."""
    found, changed = probe["seed"], copy.deepcopy(seed)
    defaults = changed.setdefault("servicenow", {}).setdefault("defaults", {})
    defaults["properties"] = {**defaults.get("properties", {}), **found.get("properties", {})}
    closed = [*defaults.get("closed_tables", []), *found.get("closed_tables", [])]
    defaults["closed_tables"] = list(dict.fromkeys(closed))
    spoke = found.get("spoke")
    if spoke:
        spokes = defaults.setdefault("spokes", [])
        known = next((entry for entry in spokes if entry["scope"] == spoke["scope"]), None)
        if known is None:
            spokes.append({"name": "Spoke", "version": "1.0.0", **spoke})
        else:
            known.update(spoke)
    return changed
