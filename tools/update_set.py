# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""Writes the setup endpoint as an update set, ``build/spoke_connection_setup.xml``, from the description and scripts of the role.

The format is that of update sets which instances export: a ``sys_remote_update_set``, and a ``sys_update_xml`` for each record, whose
payload is the record. The same sources give the same file, byte for byte.
"""

from __future__ import annotations

import argparse
import re
import sys
import uuid
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import yaml

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "collections")]

from tools import link_collection  # noqa: E402

link_collection.main()

from ansible_collections.snow_ops.spokes.plugins.plugin_utils._setup_endpoint import operations  # noqa: E402

ROLE = ROOT / "roles" / "setup_endpoint"
TARGET = ROOT / "build" / "spoke_connection_setup.xml"
SYS_ID_NAMESPACE = uuid.UUID("b3b8f6a4-5f0e-5a7c-8d55-0c7e2f1c9a11")
# Nobody made it at a moment: a date of the day would make each file another one.
MADE_ON = "2026-01-01 00:00:00"
MADE_BY = "snow_ops.spokes"
# A commit runs no rules, so that what they would fill in comes along; without media types every call is answered with 415.
MEDIA_TYPES = "application/json,application/xml,text/xml"
# "Scripted REST External Default", the access control that the platform gives new APIs.
DEFAULT_ACL = "cf9d01d3e73003009d6247e603f6a990"
DEFINITION, OPERATION = "sys_ws_definition", "sys_ws_operation"


def sys_id(what: str) -> str:
    """The sys_id of a record of the update set, the same in every file."""
    return uuid.uuid5(SYS_ID_NAMESPACE, what).hex


def endpoint_records(namespace: str) -> list[tuple[str, dict[str, str]]]:
    """The records, each as table and values. ``namespace`` is the instances' company code, empty to let the platform fill it in."""
    role: dict[str, Any] = yaml.safe_load((ROLE / "vars" / "main.yml").read_text(encoding="utf-8"))
    service_id = role["__setup_endpoint_service_id"]
    common = {"active": "true", "sys_scope": "global", "sys_package": "global"}
    base_uri = f"/api/{namespace}/{service_id}" if namespace else ""
    definition = {
        **common,
        "sys_id": sys_id(service_id),
        "name": role["__setup_endpoint_name"],
        "service_id": service_id,
        "short_description": role["__setup_endpoint_short_description"],
        "namespace": namespace,
        "base_uri": base_uri,
        "is_versioned": "false",
        "consumes": MEDIA_TYPES,
        "consumes_customized": "false",
        "produces": MEDIA_TYPES,
        "produces_customized": "false",
        "enforce_acl": DEFAULT_ACL,
    }
    records = [(DEFINITION, definition)]
    for operation in operations():
        name = operation["name"]
        values = {
            **common,
            "sys_id": sys_id(f"{service_id}/{name}"),
            "name": name,
            "short_description": operation["short_description"],
            "web_service_definition": definition["sys_id"],
            "http_method": "POST",
            "relative_path": f"/{name}",
            "operation_uri": f"{base_uri}/{name}" if base_uri else "",
            "operation_script": operation["script"],
            "requires_authentication": "true",
            "requires_acl_authorization": "true",
            "requires_snc_internal_role": "true",
            "consumes": MEDIA_TYPES,
            "consumes_customized": "false",
            "produces": MEDIA_TYPES,
            "produces_customized": "false",
            "enforce_acl": DEFAULT_ACL,
            "default_operation_uri": f"{base_uri}/{name}" if base_uri else "",
        }
        records.append((OPERATION, values))
    return records


def _element(parent: ElementTree.Element, tag: str, text: str = "", **attributes: str) -> ElementTree.Element:
    element = ElementTree.SubElement(parent, tag, attributes)
    element.text = text
    return element


def _payload(table: str, values: dict[str, str]) -> str:
    root = ElementTree.Element("record_update", {"table": table})
    record = _element(root, table, action="INSERT_OR_UPDATE")
    name = f"{table}_{values['sys_id']}"
    for column, value in sorted(
        {**values, "sys_class_name": table, "sys_name": values["name"], "sys_update_name": name}.items()
    ):
        _element(record, column, value)
    return '<?xml version="1.0" encoding="UTF-8"?>' + ElementTree.tostring(root, encoding="unicode")


def update_set(version: str, namespace: str) -> bytes:
    """The update set as XML."""
    root = ElementTree.Element("unload", {"unload_date": MADE_ON})
    records = endpoint_records(namespace)
    own = sys_id("sys_remote_update_set")
    made = {
        "sys_created_by": MADE_BY,
        "sys_created_on": MADE_ON,
        "sys_updated_by": MADE_BY,
        "sys_updated_on": MADE_ON,
        "sys_mod_count": "0",
    }
    header = {
        "application_name": "Global",
        "application_scope": "global",
        "description": "The setup endpoint of the Ansible collection snow_ops.spokes, see its docs/setup_endpoint.md",
        "name": f"Spoke Connection Setup {version}",
        "remote_sys_id": sys_id("sys_update_set"),
        "state": "loaded",
        "sys_class_name": "sys_remote_update_set",
        "sys_id": own,
        **made,
    }
    remote = _element(root, "sys_remote_update_set", action="INSERT_OR_UPDATE")
    _element(remote, "application", "global", display_value="Global")
    for column, value in header.items():
        _element(remote, column, value)
    for table, values in records:
        name = f"{table}_{values['sys_id']}"
        entry = {
            "action": "INSERT_OR_UPDATE",
            "category": "customer",
            "name": name,
            "payload": _payload(table, values),
            "replace_on_upgrade": "false",
            "sys_class_name": "sys_update_xml",
            "sys_id": sys_id(f"sys_update_xml/{name}"),
            "table": table,
            "target_name": values["name"],
            "type": {DEFINITION: "Scripted REST Service", OPERATION: "Scripted REST Resource"}[table],
            "update_domain": "global",
            "update_guid": sys_id(f"update_guid/{name}/{_payload(table, values)}"),
            **made,
        }
        update = _element(root, "sys_update_xml", action="INSERT_OR_UPDATE")
        _element(update, "application", "global", display_value="Global")
        _element(update, "remote_update_set", own, display_value=header["name"])
        for column, value in entry.items():
            _element(update, column, value)
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="UTF-8", xml_declaration=True) + b"\n"


def company_code(text: str) -> str:
    """``text``, if it can be part of a path. Raises `ValueError`."""
    if not re.fullmatch("[A-Za-z0-9_]*", text):
        raise ValueError(text)
    return text


def main() -> None:
    """Write the file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--namespace", default="", type=company_code, help="the company code of the instances, such as 224240"
    )
    parser.add_argument("--output", type=Path, default=TARGET)
    arguments = parser.parse_args()
    version = yaml.safe_load((ROOT / "galaxy.yml").read_text(encoding="utf-8"))["version"]
    arguments.output.parent.mkdir(parents=True, exist_ok=True)
    arguments.output.write_bytes(update_set(version, arguments.namespace))
    print(f"Wrote {arguments.output}")


if __name__ == "__main__":
    main()
