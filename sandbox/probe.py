# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""From what the playbook qualtrics_probe found on a real instance to a sandbox that behaves like it."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import yaml

from .world import SWITCHES

PARTS = {"servicenow": list, "qualtrics": list, "switches": dict, "seed": dict}


class ProbeError(ValueError):
    """The file is not a probe."""


def load_probe(path: str | Path) -> dict[str, Any]:
    """The probe in the file ``path``. Raises `ProbeError`."""
    try:
        probe = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ProbeError(str(error)) from error
    if not isinstance(probe, dict) or any(not isinstance(probe.get(name), kind) for name, kind in PARTS.items()):
        raise ProbeError(
            f"a probe has the keys {', '.join(PARTS)}, as the playbook qualtrics_probe writes them with -e probe_file=<file>"
        )
    unknown = sorted(set(probe["switches"]) - set(SWITCHES))
    if unknown:
        raise ProbeError(f"there are no switches {', '.join(unknown)}; the probe is of another version")
    return probe


def seed_of(probe: dict[str, Any], seed: dict[str, Any]) -> dict[str, Any]:
    """``seed`` with the release, the spoke's form and attributes and the closed tables of ``probe`` on every instance."""
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
