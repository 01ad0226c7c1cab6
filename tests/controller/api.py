# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""An imitation of a controller's API on a loopback address: enough of it for the collection awx.awx to load assets."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from controller import rules
from controller.rules import Refused

API = "/api/v2/"
ENCRYPTED = "$encrypted$"
TEMPLATES = ("job_templates", "workflow_job_templates", "workflow_approval_templates", "projects", "inventory_sources")
# Every other path below an object is one of these lists.
ASSOCIATIONS = (
    "credentials", "labels", "instance_groups", "always_nodes", "success_nodes", "failure_nodes", "notification_templates_started",
    "notification_templates_success", "notification_templates_error", "notification_templates_approvals",
)  # fmt: skip
Item = dict[str, Any]


class Controller:
    """The objects of a controller, by endpoint and id, and the writes that it was sent."""

    def __init__(self, project: Path) -> None:
        self.project = project
        self.items: dict[str, dict[int, Item]] = {name: {} for name in rules.FIELDS}
        self.associations: dict[tuple[str, int, str], list[int]] = {}
        self.surveys: dict[tuple[str, int], Item] = {}
        self.writes: list[str] = []
        self._last_id = 0
        self.create("organizations", {"name": "Default"})

    def exists(self, endpoint: str, number: int) -> bool:
        """Whether there is an object of this id."""
        names = TEMPLATES if endpoint == "unified_job_templates" else (endpoint,)
        return any(number in self.items[name] for name in names)

    def create(self, endpoint: str, given: Item) -> Item:
        """Create an object."""
        written = rules.check_fields(endpoint, given, True, self.exists)
        defaults = {name: field.get("default") for name, field in rules.FIELDS[endpoint].items()}
        item = {**defaults, **written}
        self._check(endpoint, item)
        self._last_id += 1
        self.items[endpoint][self._last_id] = item
        return self.shown(endpoint, self._last_id)

    def change(self, endpoint: str, number: int, given: Item) -> Item:
        """Change an object."""
        item = {**self.items[endpoint][number], **rules.check_fields(endpoint, given, False, self.exists)}
        self._check(endpoint, item)
        self.items[endpoint][number] = item
        return self.shown(endpoint, number)

    def _check(self, endpoint: str, item: Item) -> None:
        if endpoint == "credential_types":
            rules.check_credential_type(item["inputs"], item["injectors"])
        elif endpoint == "credentials":
            rules.check_credential(item["inputs"], self.items["credential_types"][item["credential_type"]]["inputs"])
        elif endpoint == "job_templates" and item["playbook"] not in rules.playbooks(self.project):
            raise Refused("playbook", "Playbook not found for project.")
        elif endpoint == "schedules":
            rules.check_rrule(item["rrule"])
            rules.check_answers(self._survey(item["unified_job_template"]), item.get("extra_data") or {})
        elif endpoint == "workflow_job_template_nodes" and item["unified_job_template"] in self.items["job_templates"]:
            template = self.items["job_templates"][item["unified_job_template"]]
            for name in rules.PROMPTS:
                if item.get(name) not in (None, "") and not template[f"ask_{name}_on_launch"]:
                    raise Refused(name, "Field is not configured to prompt on launch.")

    def _survey(self, template: int) -> Item:
        enabled = self.items["job_templates"].get(template, {}).get("survey_enabled")
        return self.surveys.get(("job_templates", template), {}) if enabled else {}

    def shown(self, endpoint: str, number: int) -> Item:
        """An object as the API shows it."""
        item = dict(self.items[endpoint][number])
        url = f"{API}{endpoint}/{number}/"
        if endpoint == "credentials":
            secret = {
                field["id"]
                for field in self.items["credential_types"][item["credential_type"]]["inputs"]["fields"]
                if field.get("secret")
            }
            item["inputs"] = {
                name: ENCRYPTED if name in secret and value else value for name, value in item["inputs"].items()
            }
        if endpoint == "job_templates":
            item["organization"] = self.items["projects"][item["project"]]["organization"]
        if endpoint == "credential_types":
            item["managed"] = False
        related = {"survey_spec": f"{url}survey_spec/", "launch": f"{url}launch/"}
        if item.get("unified_job_template") in self.items["workflow_approval_templates"]:
            related["unified_job_template"] = f"{API}workflow_approval_templates/{item['unified_job_template']}/"
        kind = "inventory" if endpoint == "inventories" else endpoint.removesuffix("s")
        return {
            **item,
            "id": number,
            "url": url,
            "type": kind,
            "related": related,
            "summary_fields": {},
            "scm_revision": "",
        }

    def find(self, endpoint: str, query: Item) -> list[Item]:
        """The objects that a query of the modules means: every field equal, or one of those that start with ``or__``."""
        names = TEMPLATES if endpoint == "unified_job_templates" else (endpoint,)
        return [
            item
            for name in names
            for item in (self.shown(name, number) for number in self.items[name])
            if matches(item, query)
        ]

    def associate(self, endpoint: str, number: int, name: str, given: Item) -> None:
        """Add an object to a list of another one, or take it away."""
        ids = self.associations.setdefault((endpoint, number, name), [])
        if given.get("disassociate"):
            ids.remove(given["id"])
            return
        if name == "credentials":
            types = [self.items["credentials"][other]["credential_type"] for other in ids]
            if self.items["credentials"][given["id"]]["credential_type"] in types:
                raise Refused("error", "Cannot assign multiple credentials of one type.")
        ids.append(given["id"])

    def launch(self, number: int, given: Item) -> Item:
        """What a launch of a job template leads to."""
        template = self.items["job_templates"][number]
        for name in rules.PROMPTS:
            if name in given and not template[f"ask_{name}_on_launch"]:
                raise Refused(name, "Field is not configured to prompt on launch.")
        answers = rules.check_answers(self._survey(number), given.get("extra_vars", {}))
        prompted = {name: given.get(name, template.get(name)) for name in ("job_type", "limit", "diff_mode")}
        return {
            "extra_vars": {**json.loads(template["extra_vars"] or "{}"), **answers},
            "playbook": template["playbook"],
            **prompted,
        }


def matches(item: Item, query: Item) -> bool:
    """Whether an object is one that a query means."""
    either = {key.removeprefix("or__"): value for key, value in query.items() if key.startswith("or__")}
    every = {key: value for key, value in query.items() if not key.startswith("or__")}
    return all(str(item.get(key)) == value for key, value in every.items()) and (
        not either or any(str(item.get(key)) == value for key, value in either.items())
    )


class Handler(BaseHTTPRequestHandler):
    """Answers requests for the controller of its server."""

    controller: Controller
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: Any) -> None:
        """Keep quiet."""

    def _answer(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        given = json.loads(self.rfile.read(length) or b"{}")
        if self.command != "GET":
            self.controller.writes.append(f"{self.command} {self.path}")
        try:
            status, document = self._route(given)
        except Refused as refused:
            status, document = 400, refused.document
        except KeyError as error:
            status, document = 404, {"detail": f"Not found: {error}"}
        body = b"" if status == 204 else json.dumps(document).encode()
        self.send_response(status)
        for name, value in {
            "X-API-Product-Name": "AWX",
            "X-API-Product-Version": "24.6.1",
            "Content-Type": "application/json",
        }.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_PATCH = _answer

    def _route(self, given: Item) -> tuple[int, Any]:
        address = urlsplit(self.path)
        endpoint, *rest = address.path.removeprefix(API).strip("/").split("/")
        controller = self.controller
        if not rest and self.command == "POST":
            return 201, controller.create(endpoint, given)
        if not rest:
            return 200, listed(controller.find(endpoint, dict(parse_qsl(address.query))))
        number = int(rest[0])
        if len(rest) == 1:
            return 200, controller.change(endpoint, number, given) if self.command == "PATCH" else controller.shown(
                endpoint, number
            )
        return self._below(endpoint, number, rest[1], given)

    def _below(self, endpoint: str, number: int, name: str, given: Item) -> tuple[int, Any]:
        controller = self.controller
        if name == "survey_spec":
            if self.command == "POST":
                rules.check_survey(given)
                controller.surveys[endpoint, number] = given
            return 200, controller.surveys.get((endpoint, number), {})
        if name == "create_approval_template":
            approval = controller.create("workflow_approval_templates", given)
            controller.items[endpoint][number]["unified_job_template"] = approval["id"]
            return 201, approval
        if name == "launch":
            return 201, controller.launch(number, given)
        if name not in ASSOCIATIONS:
            raise KeyError(name)
        if self.command == "POST":
            controller.associate(endpoint, number, name, given)
            return 204, None
        return 200, listed([{"id": other} for other in controller.associations.get((endpoint, number, name), [])])


def listed(items: list[Item]) -> Item:
    """A page with all of them."""
    return {"count": len(items), "next": None, "previous": None, "results": items}


def serve(controller: Controller) -> Iterator[str]:
    """The address of ``controller`` while it is served."""
    handler = type("Bound", (Handler,), {"controller": controller})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
