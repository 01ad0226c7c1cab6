# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""Every option of every module, as the modules themselves declare them, and values that no option should be given."""

from __future__ import annotations

import copy
import importlib
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st
from support import (
    API_TOKEN,
    CLIENT_ID,
    CLIENT_SECRET,
    DIRECTORY,
    PROPERTY,
    ROOT,
    SPOKE_SCOPE,
    login,
    qualtrics_connection,
    set_up,
)

REGISTER = "https://oauth-gateway.qualtrics.com/register"
INITIAL = "sandbox-initial-access-token-fake"
# Tasks that work. Each option is spoiled in every task of its module.
TASKS: dict[str, tuple[str, dict[str, Any]]] = {
    "property": ("snow_sys_property", {"instance": login(), "name": PROPERTY, "value": DIRECTORY}),
    "secret property": (
        "snow_sys_property",
        {
            "instance": login(),
            "name": "x_acme.secret",
            "secret_value": "sandbox-Property-1",
            "type": "password2",
            "create": True,
        },
    ),
    "instance probe": ("snow_probe", {"instance": login()}),
    "organization probe": ("qualtrics_probe", {"api_token": API_TOKEN}),
    "spoke": ("snow_spoke_info", {"instance": login(), "scope": SPOKE_SCOPE, "properties": [PROPERTY]}),
    "connection": ("snow_connection_alias", qualtrics_connection(alias="sn_qualtrics_spoke.Qualtrics", attributes={})),
    "set-up": ("qualtrics_spoke", set_up()),
    "application": ("snow_store_app", {"instance": login(), "scope": SPOKE_SCOPE}),
    "script": (
        "snow_scripted_rest_api",
        {
            "instance": login(),
            "service_id": "acme_survey",
            "name": "Acme survey",
            "operations": [
                {"name": "ping", "http_method": "GET", "relative_path": "/ping", "script": "(function process() {})();"}
            ],
        },
    ),
    "account": ("qualtrics_account_info", {"api_token": API_TOKEN}),
    "client": (
        "qualtrics_oauth_client",
        {"datacenter_id": "fra1", "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET},
    ),
    "account and client": (
        "qualtrics_oauth_client",
        {"read_account": True, "api_token": API_TOKEN, "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET},
    ),
    "registration": (
        "qualtrics_oauth_client",
        {"datacenter_id": "fra1", "registration_url": REGISTER, "initial_access_token": INITIAL},
    ),
    "token": (
        "qualtrics_api_token",
        {"datacenter_id": "fra1", "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "api_token": API_TOKEN},
    ),
}
# Their results carry a secret that the caller asked for, so that they are refused unless the output is hidden.
HIDDEN = ("registration", "token")
Path = tuple[str | int, ...]


@dataclass(frozen=True)
class Option:
    """An option of a module, in one of the tasks that work."""

    task: str
    path: Path
    kind: str
    is_secret: bool

    def __str__(self) -> str:
        return f"{self.task}-{'.'.join(map(str, self.path))}"

    @property
    def module(self) -> str:
        """The module whose option it is."""
        return TASKS[self.task][0]

    @property
    def name(self) -> str:
        """What an error has to name."""
        return next(str(part) for part in reversed(self.path) if isinstance(part, str))

    def spoiled(self, value: Any) -> dict[str, Any]:
        """The task's options with ``value`` for this one."""
        options = copy.deepcopy(TASKS[self.task][1])
        place: Any = options
        for part in self.path[:-1]:
            place = place[part] if isinstance(part, int) else place.setdefault(part, {})
        place[self.path[-1]] = value
        return options


def options_of(task: str) -> Iterator[Option]:
    """Every option of a task's module, those within dictionaries and lists included, in the order of its MODULE_SPEC."""
    code = importlib.import_module(f"ansible_collections.snow_ops.spokes.plugins.modules.{TASKS[task][0]}")

    def walk(spec: dict[str, Any], path: Path) -> Iterator[Option]:
        for name, entry in spec.items():
            yield Option(task, (*path, name), entry["type"], bool(entry.get("no_log")))
            if entry["type"] == "list":
                yield Option(task, (*path, name, 0), entry["elements"], bool(entry.get("no_log")))
            yield from walk(entry.get("options", {}), (*path, name, *([0] if entry["type"] == "list" else [])))

    return walk(code.MODULE_SPEC["argument_spec"], ())


MODULES = sorted(path.stem for path in (ROOT / "plugins" / "modules").glob("*.py"))
OPTIONS = [option for task in TASKS for option in options_of(task)]

LOOK_ALIKES = [
    "acmedev.service-now.com.evil.example",
    "https://acmedev.service-now.com@evil.example",
    "https://acmedev.service-now.com:sandbox-Password-9@evil.example/",
    "https://evil.example\\@acmedev.service-now.com",
    "https://evil.example#@acmedev.service-now.com",
    "https://evil.example?acmedev.service-now.com",
    "https://evil.example/acmedev.service-now.com",
    "https://acmedev。service-now.com",
    "https://acmedev.service-now.com.",
    "https://аcmedev.service-now.com",  # the first letter is Cyrillic
    "https://ｅvil.example",
    "https://acmedev.service-now.com%2eevil.example",
    "https://acmedev.service-now.com%00.evil.example",
    "https://xn--cmedev-2nf.service-now.com",
    "https://[::1]",
    "https://[::ffff:10.0.0.1]:8443",
    "https://[fe80::1%25eth0]",
    "https://[::1",
    "https://127.1",
    "https://2130706433",
    "https://0x7f.0.0.1",
    "https://10.0.0.1",
    "https://127.0.0.1:1",
    "http://acmedev.service-now.com",
    "http://localhost.evil.example",
    "http://localhost:1",
    "//evil.example",
    "https://",
    "https:///evil.example",
    "https:evil.example",
    "https://evil.example:0",
    "https://evil.example:99999",
    "https://evil.example:port",
    "https://evil..example",
    "https://-evil.example",
    "https://" + "a" * 64 + ".example",
    "https://" + "a." * 130 + "example",
    "ftp://acmedev.service-now.com",
    "file:///etc/passwd",
    "javascript://acmedev.service-now.com/%0aalert(1)",
    "acmedev/../evil",
    "acmedev:443",
    "acmedev?x",
    "acmedev#x",
    "evil.example/",
    "@evil.example",
    "..",
    ".",
    "/",
]
TEXTS = [
    "",
    " ",
    " leading and trailing ",
    "\t",
    "two\nlines",
    "two\r\nX-Evil: header",
    "nul\0byte",
    "\x7f",
    "\x85",
    "\u2028",
    "\u200b",
    "\ufeffBOM",
    "\u202egnp.exe",
    "\ud800",
    "\udfff and more",
    "javascript:gs.addErrorMessage(1)",
    "  JavaScript:gs.getUserID()",
    "a^b",
    "^NQname=x",
    "name=x^ORname!=x",
    "^^",
    "a,b",
    "%",
    "%0d%0a",
    "../../etc/passwd",
    "/dev/null",
    "/dev/zero",
    "/",
    "'; drop table sys_user; --",
    '"},{"',
    "${gs.getUserID()}",
    "<script>alert(1)</script>",
    "{{ lookup('pipe', 'id') }}",
    "ümlaut-密码-😀",
    "é",
    "٣",
    "1_000",
    "0x10",
    "1e400",
    "-1",
    "0",
    "NaN",
    "true",
    "null",
    "{",
    "[1]",
    "{'a': 'b'}",
    "key=value",
    "0" * 33,
    "x" * 101,
    "x" * 256,
    "x" * 4001,
    "1" * 5000,
    "y" * 2**20,
    "密" * 2**19,
]
OTHERS: list[Any] = [
    None,
    0,
    -1,
    7,
    10**400,
    True,
    False,
    0.5,
    math.nan,
    math.inf,
    -math.inf,
    1e300,
    [],
    [None],
    [[]],
    ["a", 7, None],
    ["\ud800", "\0"],
    ["a,b", "", " "],
    ["x" * 2**20],
    {},
    {"": ""},
    {"a": None},
    {"a": {"b": [1]}},
    {7: 8},
    {None: "x"},
    {"\ud800": "\ud800"},
    {"X-Evil": "two\r\nlines"},
    {"X-Evil\r\nX": "y"},
    {"Content-Length": "5"},
    {"Content-Type": "text/plain"},
    {"Host": "evil.example"},
    {"Transfer-Encoding": "chunked"},
    {"X-Gateway": "ümlaut-密码"},
    {"X API": "z"},
    {"x" * 2**16: "y"},
    {"X-API-TOKEN": ["a", "list"]},
    {"X-API-TOKEN": "javascript:1"},
    {"X-API-TOKEN": "y" * 2**20},
    b"bytes",
    ("a", "tuple"),
    {"a", "set"},
    object,
]
HOSTILE = LOOK_ALIKES + TEXTS + OTHERS


def hostile_values() -> st.SearchStrategy[Any]:
    """Values for any option."""
    scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=40)
    nested = st.recursive(
        scalars,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
        max_leaves=8,
    )
    return st.sampled_from(HOSTILE) | st.sampled_from(HOSTILE) | st.text(st.characters(), max_size=60) | nested
