# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""Every way in which people give the role's variables: as text, as vault values, through the environment, misspelt, not at all."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml
from connections import install_endpoint
from support import API_TOKEN, CLIENT_ID, CLIENT_SECRET, DIRECTORY, PASSWORD, ROOT, leaks, other_python, writes

from roles import ENVIRONMENT, INSTALL, LOCAL, LOGIN, SETUP, VARIABLES, VERIFY, Plays, facts, messages, role
from sandbox import Sandbox

SECRET_IN_THE_WRONG_PLACE = "sandboxMisplacedSecret0000fake"
# As long as an API token, which no name is.
TOKEN_IN_THE_WRONG_PLACE = "sandboxOther1Token0000000000000000000fak"


@pytest.fixture
def plays(sandbox: Sandbox, tmp_path: Path) -> Plays:
    plays = Plays(sandbox, tmp_path)
    plays.inventory("acmedev")
    return plays


def given(**variables: Any) -> list[str]:
    """Extra variables as one JSON text, and those that are text as ``-e name=value`` gives them."""
    texts = [f"{name}={value}" for name, value in variables.items() if isinstance(value, str) and " " not in value]
    others = {name: value for name, value in variables.items() if f"{name}={value}" not in texts}
    return [word for text in (*texts, json.dumps(others)) for word in ("-e", text)]


def test_every_variable_works_as_text(plays: Plays) -> None:
    text = {
        "qualtrics_spoke_instance": json.dumps({**LOGIN, "host": "acmedev", "timeout": "30", "validate_certs": "yes"}),
        "qualtrics_spoke_scopes": "manage:all",
        "qualtrics_spoke_require_complete": "false",
        "qualtrics_spoke_replace_foreign_connection": "False",
        "qualtrics_spoke_validate_certs": "true",
        "qualtrics_spoke_timeout": "30",
        "qualtrics_spoke_update_secret": "on_change",
        "qualtrics_spoke_expected_purpose": "non_production",
        "qualtrics_spoke_expected_instance_name": "acmedev",
        "qualtrics_spoke_route": "auto",
        "qualtrics_spoke_ca_path": plays.sandbox.environment["REQUESTS_CA_BUNDLE"],
        "qualtrics_spoke_proxy": plays.sandbox.environment["HTTPS_PROXY"],
        "qualtrics_spoke_connection_url": "https://acme.fra1.qualtrics.com/API/v3",
    }
    play = plays(SETUP, *given(**text))
    assert play.returncode == 0, play.stdout
    connection = plays.sandbox.control.records("acmedev", "http_connection")[0]
    assert connection["connection_url"] == "https://acme.fra1.qualtrics.com/API/v3"
    again = plays(
        SETUP, *given(**{**text, "qualtrics_spoke_timeout": 30.0, "qualtrics_spoke_replace_foreign_connection": "0"})
    )
    assert (again.returncode, again.stats["acmedev"]["changed"]) == (0, 0), again.stdout
    strict = plays(SETUP, *given(**{**text, "qualtrics_spoke_require_complete": "Yes"}))
    assert "is configured, but not complete" in messages(strict)[0]


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("qualtrics_spoke_require_complete", "maybe"),
        ("qualtrics_spoke_require_complete", None),
        ("qualtrics_spoke_replace_foreign_connection", SECRET_IN_THE_WRONG_PLACE),
        ("qualtrics_spoke_validate_certs", "sometimes"),
        ("qualtrics_spoke_update_secret", SECRET_IN_THE_WRONG_PLACE),
        ("qualtrics_spoke_expected_purpose", "prod"),
        ("qualtrics_spoke_expected_purpose", SECRET_IN_THE_WRONG_PLACE),
        ("qualtrics_spoke_expected_instance_name", TOKEN_IN_THE_WRONG_PLACE),
        ("qualtrics_spoke_route", "direct"),
        ("qualtrics_spoke_endpoint_trust", SECRET_IN_THE_WRONG_PLACE),
        ("qualtrics_spoke_alias", TOKEN_IN_THE_WRONG_PLACE),
        ("qualtrics_spoke_connection_name", TOKEN_IN_THE_WRONG_PLACE),
        ("qualtrics_spoke_connection_settings", "{"),
        ("qualtrics_spoke_connection_settings", ["use_mid"]),
        ("qualtrics_spoke_connection_settings", '{"use_mid": "maybe"}'),
        ("qualtrics_spoke_oauth_settings", "{'use_mutual_auth': True}"),
        ("qualtrics_spoke_scopes", {"manage": "all"}),
        ("qualtrics_spoke_instance", '{"host": "acmedev'),
        ("qualtrics_spoke_scopes", "manage all"),
        ("qualtrics_spoke_scopes", ""),
        ("qualtrics_spoke_timeout", "soon"),
        ("qualtrics_spoke_instance", "acmedev"),
        ("qualtrics_spoke_instance", ["acmedev"]),
        ("qualtrics_spoke_instance", {"host": "acmedev", "user": "spoke.setup"}),
        ("qualtrics_spoke_instance", {"host": "acmedev", "username": "spoke.setup"}),
        ("qualtrics_spoke_connection_name", ""),
        ("qualtrics_spoke_oauth_name", ""),
        ("qualtrics_spoke_connection_url", "http://acme.qualtrics.com/API/v3"),
        ("qualtrics_spoke_connection_settings", {"use_midd": True}),
        ("qualtrics_spoke_oauth_settings", '{"auth": "x"}'),
        ("qualtrics_spoke_endpoint_path", "nowhere"),
        ("qualtrics_spoke_expected_instance_name", SECRET_IN_THE_WRONG_PLACE),
        ("qualtrics_spoke_api_token_attribute", TOKEN_IN_THE_WRONG_PLACE),
        ("qualtrics_spoke_alias", "sn_qualtrics_spoke.None"),
    ],
)
def test_what_cannot_work_is_refused_with_the_name_of_the_variable(plays: Plays, name: str, value: Any) -> None:
    play = plays(SETUP, *given(**{name: value}))
    assert play.returncode == 2, play.stdout
    assert name in messages(play)[0]
    assert writes(plays.sandbox) == []
    assert leaks(play.stdout + play.stderr, (SECRET_IN_THE_WRONG_PLACE, TOKEN_IN_THE_WRONG_PLACE)) == []


ENTRY_POINTS = ("main", "verify", "plan", "install", "export", "remove", "restore", "rotate", "preflight")


def test_a_word_in_another_case_is_refused_by_every_entry_point_before_anything_is_sent(plays: Plays) -> None:
    words = {
        "qualtrics_spoke_expected_purpose": "Production",
        "qualtrics_spoke_route": "AUTO",
        "qualtrics_spoke_update_secret": "On_Change",
        "qualtrics_spoke_endpoint_trust": "Digest",
    }
    cases = [({name: value}, "main") for name, value in words.items()]
    cases += [({"qualtrics_spoke_expected_purpose": "Production"}, entry) for entry in ENTRY_POINTS[1:]]
    tasks = [
        {"block": [role(tasks_from=entry, vars=values)], "rescue": [{"ansible.builtin.meta": "noop"}]}
        for values, entry in cases
    ]
    play = plays(plays.book(*tasks))
    said = messages(play)
    assert len(said) == len(cases), play.stdout
    for message, (values, _entry) in zip(said, cases):
        assert f"{next(iter(values))} has to be one of " in message
    assert plays.sandbox.control.requests() == []


def test_the_expected_name_may_be_an_address_and_the_host_may_end_with_a_dot(plays: Plays) -> None:
    fits = ["acmedev.service-now.com", "https://ACMEDEV.service-now.com/", "acmedev.service-now.com.", "AcmeDev"]
    others = ["acmetest.service-now.com", "https://", "acmedev.acme.example", "acmede"]
    login = {**LOGIN, "host": "{{ inventory_hostname }}.service-now.com."}
    tasks = [
        {
            "block": [
                role(
                    tasks_from="preflight",
                    vars={"qualtrics_spoke_instance": login, "qualtrics_spoke_expected_instance_name": name},
                )
            ],
            "rescue": [{"ansible.builtin.meta": "noop"}],
        }
        for name in (*fits, *others)
    ]
    play = plays(plays.book(*tasks))
    said = messages(play)
    assert [text for text in said if "acmedev expects another instance" not in text] == []
    assert len(said) == len(others), play.stdout


def test_what_is_said_of_a_wrong_variable_is_plain_and_shows_no_token(plays: Plays) -> None:
    token, login = TOKEN_IN_THE_WRONG_PLACE, LOGIN
    cases: list[tuple[dict[str, Any], str]] = [
        ({"qualtrics_spoke_proxy": token}, "in qualtrics_spoke_proxy has the form of a token"),
        (
            {"qualtrics_spoke_instance": {**login, "proxy": token}},
            "qualtrics_spoke_instance.proxy has the form of a token",
        ),
        ({"qualtrics_spoke_oauth_settings": {token: 1}}, "module: qualtrics_spoke_oauth_settings.********."),
        ({"qualtrics_spoke_connection_settings": {token: 1}}, "module: qualtrics_spoke_connection_settings.********."),
        ({"qualtrics_spoke_instance": json.dumps({**login, token: 1})}, "module: qualtrics_spoke_instance.********."),
        ({"qualtrics_spoke_timeout": "20s"}, "qualtrics_spoke_timeout has to be a number"),
        ({"qualtrics_spoke_timeout": 0}, "Invalid qualtrics_spoke_timeout: 0"),
        # Taken: what follows is the first difference that is found.
        (
            {
                "qualtrics_spoke_instance": {**login, "timeout": "", "validate_certs": ""},
                "qualtrics_spoke_timeout": "",
                "qualtrics_spoke_scopes": "manage:all, read:users",
            },
            "lacks the scopes manage:all read:users",
        ),
    ]
    tasks = [
        {"block": [role(tasks_from="verify", vars=values)], "rescue": [{"ansible.builtin.meta": "noop"}]}
        for values, _said in cases
    ]
    play = plays(plays.book(*tasks), "-vvv")
    said = messages(play)
    # The task that reads the Qualtrics IDs may be hidden; what it said comes once more then.
    assert len(said) == len(cases), play.stdout
    for message, (values, part) in zip(said, cases):
        assert part in message, values
        assert "<class" not in message
    assert leaks(play.stdout + play.stderr, (token,)) == []


# Variables that are one text, and what each has to be given as instead where a key of the settings is the role's own to set.
SINGLE = (
    *(
        "api_token",
        "api_token_attribute",
        "client_id",
        "client_secret",
        "organization_id",
        "datacenter_id",
        "directory_id",
    ),
    *("connection_url", "oauth_name", "proxy", "endpoint_path", "connection_name", "alias"),
    *("previous_api_token", "previous_client_id", "previous_client_secret"),
)
SET_ELSEWHERE = {
    "connection_settings": {"name": "qualtrics_spoke_connection_name", "url": "qualtrics_spoke_connection_url"},
    "oauth_settings": {
        "name": "qualtrics_spoke_oauth_name",
        "client_id": "qualtrics_spoke_client_id",
        "client_secret": "qualtrics_spoke_client_secret",
        "token_url": "qualtrics_spoke_datacenter_id",
        "scopes": "qualtrics_spoke_scopes",
        "grant_type": "leave it out",
        "credential_name": "leave it out",
    },
}


def refused() -> list[tuple[dict[str, Any], list[str]]]:
    """Variables that cannot work, with what the message has to name."""
    given: list[tuple[dict[str, Any], list[str]]] = []
    for number, name in enumerate(SINGLE):
        value = [SECRET_IN_THE_WRONG_PLACE] if number % 2 else {"value": SECRET_IN_THE_WRONG_PLACE}
        given.append(({f"qualtrics_spoke_{name}": value}, [f"qualtrics_spoke_{name}"]))
    login = {**LOGIN, "password": [SECRET_IN_THE_WRONG_PLACE]}
    given += [
        ({"qualtrics_spoke_instance": value}, ["qualtrics_spoke_instance.password"])
        for value in (login, json.dumps(login))
    ]
    given += [
        ({"qualtrics_spoke_instance": value}, ["qualtrics_spoke_instance has to be a dictionary"])
        for value in ([{**LOGIN, "password": SECRET_IN_THE_WRONG_PLACE}], [SECRET_IN_THE_WRONG_PLACE], 7)
    ]
    given += [
        ({"qualtrics_spoke_instance": {**LOGIN, "host": value}}, ["qualtrics_spoke_instance.host"])
        for value in ([SECRET_IN_THE_WRONG_PLACE], {"value": SECRET_IN_THE_WRONG_PLACE})
    ]
    for name, keys in SET_ELSEWHERE.items():
        for key, instead in keys.items():
            value = {"use_mid": False, key: SECRET_IN_THE_WRONG_PLACE}
            variable = f"qualtrics_spoke_{name}"
            given.append(
                ({variable: json.dumps(value) if key == "client_secret" else value}, [f"{variable}.{key}", instead])
            )
    return given


@pytest.mark.parametrize("path", ["fast", "module"])
def test_lists_and_settings_of_the_role_itself_are_refused_by_name(plays: Plays, tmp_path: Path, path: str) -> None:
    cases = refused()
    assert len(cases) >= 32
    tasks = [
        {"block": [role(tasks_from="verify", vars=values)], "rescue": [{"ansible.builtin.meta": "noop"}]}
        for values, _named in cases
    ]
    python = [] if path == "fast" else ["-e", f"ansible_python_interpreter={other_python(tmp_path)}"]
    play = plays(plays.book(*tasks), "-vvv", *python)
    said = messages(play)
    assert len(said) == len(cases), play.stdout
    for message, (values, named) in zip(said, cases):
        assert [part for part in named if part not in message] == [], (values, message)
    assert plays.sandbox.control.requests() == []
    assert leaks(play.stdout + play.stderr, (SECRET_IN_THE_WRONG_PLACE,)) == []


def vaulted(folder: Path, value: str) -> str:
    """``value`` as an inline vault value."""
    (folder / "vault-password").write_text("sandbox-vault-fake\n")
    program = str(Path(sys.executable).parent / "ansible-vault")
    command = [program, "encrypt_string", "--vault-password-file", str(folder / "vault-password"), value]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def test_an_inline_vault_value_is_checked_as_its_text(plays: Plays) -> None:
    values = {"right": "Yes", "settings": '{"a": 1, "name": 2}'}
    lines = [f"{name}: {vaulted(plays.folder, value)}" for name, value in values.items()]
    (plays.folder / "variables.yml").write_text("\n".join(lines))
    names = plays.book(
        {
            "ansible.builtin.assert": {
                "that": "query('snow_ops.spokes.wrong_variables', choices={'right': ['true', 'yes']},"
                " dictionaries=['settings'], reserved=['settings.name'], texts=['right']) == ['settings.name']"
            }
        }
    )
    play = plays(names, "-e", "@variables.yml", "--vault-password-file", "vault-password")
    assert play.returncode == 0, play.stdout


@pytest.mark.long
def test_every_variable_may_be_an_inline_vault_value(plays: Plays) -> None:
    specs = yaml.safe_load((ROOT / "roles" / "qualtrics_spoke" / "meta" / "argument_specs.yml").read_text())[
        "argument_specs"
    ]["main"]["options"]
    values = {
        name: str(spec["default"])
        for name, spec in specs.items()
        if spec.get("default") not in (None, "", ["manage:all"])
    }
    values.update({name: str(value) for name, value in VARIABLES.items() if isinstance(value, str)})
    values.update(
        qualtrics_spoke_scopes="manage:all",
        qualtrics_spoke_expected_purpose="non_production",
        qualtrics_spoke_timeout="30",
    )
    lines = [f"{name}: {vaulted(plays.folder, value)}" for name, value in values.items()]
    login = {"host": "acmedev", "username": "spoke.setup", "password": PASSWORD}
    lines += [
        "qualtrics_spoke_instance:",
        *(f"  {name}: {vaulted(plays.folder, value)}" for name, value in login.items()),
    ]
    (plays.folder / "variables.yml").write_text("\n".join(lines))
    play = plays(SETUP, "-e", "@variables.yml", "--vault-password-file", "vault-password")
    assert (play.returncode, play.stats["acmedev"]["changed"]) == (0, 2), play.stdout
    whole = f"qualtrics_spoke_instance: {vaulted(plays.folder, json.dumps(login))}"
    (plays.folder / "variables.yml").write_text("\n".join([*lines[:-4], whole]))
    again = plays(SETUP, "-e", "@variables.yml", "--vault-password-file", "vault-password")
    assert (again.returncode, again.stats["acmedev"]["changed"]) == (0, 0), again.stdout


@pytest.mark.sampled
@pytest.mark.parametrize("name", ["qualtrics_spoke", "setup_endpoint"])
def test_no_type_of_an_argument_refuses_a_vault_value_on_old_cores(name: str) -> None:
    """ansible-core before 2.19 hands such a value to the validation as an object of its own, which it takes as text and as nothing else."""
    specs = yaml.safe_load((ROOT / "roles" / name / "meta" / "argument_specs.yml").read_text())["argument_specs"]
    for entry in specs.values():
        for option, spec in entry["options"].items():
            assert spec["type"] in ("str", "raw"), option
            assert "no_log" not in spec, option


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("playbook", "name"),
    [
        (SETUP, "qualtrics_spoke_directory"),
        (SETUP, "qualtrics_spoke_Api_token"),
        (SETUP, "qualtrics_spokes_route"),
        (VERIFY, "qualtrics_spoke_expected_purpos"),
        (INSTALL, "setup_endpoint_instanc"),
        (INSTALL, "qualtrics_spoke_expected_purpos"),
        ("snow_ops.spokes.setup_endpoint_remove", "setup_endpoint_host"),
        ("snow_ops.spokes.setup_endpoint_remove", "qualtrics_spokes_instance"),
        ("snow_ops.spokes.qualtrics_probe", "qualtrics_spoke_api_tokn"),
        ("snow_ops.spokes.qualtrics_probe", "probe_wrong_clients"),
    ],
)
def test_a_misspelt_variable_is_named_before_anything_is_sent(plays: Plays, playbook: str, name: str) -> None:
    play = plays(playbook, "-e", f"{name}={SECRET_IN_THE_WRONG_PLACE}")
    assert play.returncode == 2
    assert f"The role has no variable {name}," in messages(play)[0]
    assert plays.sandbox.control.requests() == []
    assert leaks(play.stdout, (SECRET_IN_THE_WRONG_PLACE,)) == []


def test_only_the_name_of_a_variable_is_looked_at(plays: Plays) -> None:
    """Also a value that cannot be worked out, and is no variable of the role, does no harm; those of other entry points are known."""
    plays.inventory(
        "acmedev", variables={**VARIABLES, "other_value": "{{ nowhere }}", "qualtrics_spoke_update_secret": "on_create"}
    )
    assert plays(plays.book(role(tasks_from="preflight"))).returncode == 0


@pytest.mark.long
@pytest.mark.parametrize("path", ["fast", "module"])
def test_everything_can_come_from_the_keyword_environment(plays: Plays, path: str) -> None:
    python = {"ansible_python_interpreter": str(other_python(plays.folder))} if path == "module" else {}
    plays.inventory("acmedev", variables=python)
    settings = {
        **ENVIRONMENT,
        "SN_HOST": "{{ inventory_hostname }}",
        "QUALTRICS_DIRECTORY_ID": DIRECTORY,
        "QUALTRICS_ORGANIZATION_ID": "acme",
    }
    book = plays.book(role(), environment=settings)
    assert plays(book).returncode == 0
    assert plays.sandbox.control.records("acmedev", "sys_variable_value")[0]["value"] == API_TOKEN
    registry = next(
        row
        for row in plays.sandbox.control.records("acmedev", "oauth_entity", True)
        if row["name"] == "Qualtrics OAuth"
    )
    assert (registry["client_id"], registry["client_secret"]) == (CLIENT_ID, CLIENT_SECRET)
    install_endpoint(plays.sandbox)
    again = plays(book)
    assert again.returncode == 0, again.stdout
    assert facts(again)[0]["test"]["http_status"] == 200


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("missing", "variable", "environment"),
    [
        ("qualtrics_spoke_api_token", "qualtrics_spoke_api_token", "QUALTRICS_API_TOKEN"),
        ("qualtrics_spoke_client_id", "qualtrics_spoke_client_id", "QUALTRICS_CLIENT_ID"),
        ("qualtrics_spoke_client_secret", "qualtrics_spoke_client_secret", "QUALTRICS_CLIENT_SECRET"),
        ("host", "qualtrics_spoke_instance.host", "SN_HOST"),
        ("username", "qualtrics_spoke_instance.username", "SN_USERNAME"),
        ("password", "qualtrics_spoke_instance.password", "SN_PASSWORD"),
    ],
)
@pytest.mark.parametrize("value", [None, ""])
def test_what_is_not_given_is_named_with_its_environment_variable(
    plays: Plays, missing: str, variable: str, environment: str, value: str | None
) -> None:
    login = {name: text for name, text in LOGIN.items() if name != missing}
    variables = {
        **{name: text for name, text in VARIABLES.items() if name != missing},
        "qualtrics_spoke_instance": login,
    }
    if value is not None:
        (variables if missing.startswith("qualtrics") else login)[missing] = value
    plays.inventory("acmedev", variables=variables)
    play = plays(SETUP)
    assert play.returncode == 2
    assert variable in messages(play)[0]
    assert environment in messages(play)[0]
    assert writes(plays.sandbox) == []


@pytest.mark.sampled
@pytest.mark.parametrize("group", ["servicenow", "spokes"])
def test_module_defaults_of_the_groups_do_not_break_the_roles(plays: Plays, group: str) -> None:
    defaults = {
        f"group/snow_ops.spokes.{group}": {"instance": LOGIN},
        "group/snow_ops.spokes.qualtrics": {"timeout": 20},
    }
    play = plays(plays.book(role("setup_endpoint"), role(), role(tasks_from="verify"), module_defaults=defaults))
    assert play.returncode == 0, play.stdout


LOOKUP = """
from ansible.plugins.lookup import LookupBase

class LookupModule(LookupBase):
    def run(self, terms, variables=None, **kwargs):
        with open(terms[1], "a", encoding="utf-8") as file:
            file.write(terms[0] + "\\n")
        return [terms[2]]
"""


def test_a_look_up_behind_a_variable_is_evaluated_once_per_task_that_uses_it(plays: Plays) -> None:
    (plays.folder / "lookups").mkdir()
    (plays.folder / "lookups" / "counted.py").write_text(LOOKUP)
    counts = plays.folder / "counts"

    def counted(name: str, value: str) -> str:
        return f"{{{{ lookup('counted', '{name}', '{counts}', '{value}') }}}}"

    values = {name: counted(name, value) for name, value in VARIABLES.items() if isinstance(value, str)}
    values["qualtrics_spoke_instance"] = {**LOGIN, "password": counted("password", PASSWORD)}
    others = {
        "route": "auto",
        "update_secret": "on_create",
        "require_complete": "false",
        "replace_foreign_connection": "false",
        "scopes": "manage:all",
    }
    values.update({f"qualtrics_spoke_{name}": counted(name, value) for name, value in others.items()})
    plays.inventory("acmedev", variables=values)
    play = plays(SETUP, settings={"ANSIBLE_LOOKUP_PLUGINS": str(plays.folder / "lookups")})
    assert play.returncode == 0, play.stdout
    found = Counter(counts.read_text().split())
    # The validation of arguments, then each task that hands the value on; both tasks of the configuration run again to verify.
    assert found["password"] <= 6
    # The validation, whether there is one, the task that reads the Qualtrics IDs, the one that configures.
    assert found["qualtrics_spoke_api_token"] <= 4
    assert found["qualtrics_spoke_client_secret"] <= 3
    # The validation, and the task that reads the Qualtrics IDs and proves the client.
    assert found["qualtrics_spoke_client_id"] <= 2
    assert max(found.values()) <= 8, found
    for entry in play.results:
        assert leaks(str(entry["result"].get("ansible_facts")), (PASSWORD, API_TOKEN, CLIENT_SECRET)) == []


def test_nothing_secret_gets_into_a_cache_of_facts(plays: Plays) -> None:
    cache = {"ANSIBLE_CACHE_PLUGIN": "jsonfile", "ANSIBLE_CACHE_PLUGIN_CONNECTION": str(plays.folder / "cache")}
    assert plays(SETUP, settings=cache).returncode == 0
    kept = "".join(path.read_text() for path in (plays.folder / "cache").rglob("*") if path.is_file())
    assert leaks(kept) == []


def test_one_host_goes_through_several_instances(plays: Plays) -> None:
    login = {**LOGIN, "host": "{{ item }}"}
    both = ["acmedev", "https://acmetest.service-now.com"]
    plays.inventory(
        "here", variables={name: value for name, value in VARIABLES.items() if name != "qualtrics_spoke_instance"}
    )
    install = role("setup_endpoint", vars={"setup_endpoint_instance": login}, loop=both)
    configure = role(vars={"qualtrics_spoke_instance": login, "qualtrics_spoke_require_complete": True}, loop=both)
    verify = role(tasks_from="verify", vars={"qualtrics_spoke_instance": login}, loop=both)
    play = plays(plays.book(install, configure, verify))
    assert play.returncode == 0, play.stdout
    results = facts(play, "qualtrics_spoke_results")[-1]
    assert {
        host: (result["instance"]["host"], result["route"], result["test"]["http_status"])
        for host, result in results.items()
    } == {f"{name}.service-now.com": (f"{name}.service-now.com", "endpoint", 200) for name in ("acmedev", "acmetest")}
    # The one that has no endpoint is not taken for one that has.
    mixed = [
        role("setup_endpoint", "remove", vars={"setup_endpoint_instance": {**LOGIN, "host": "acmetest"}}),
        configure,
    ]
    mixed[1]["vars"]["qualtrics_spoke_require_complete"] = False
    play = plays(plays.book(*mixed))
    assert play.returncode == 0, play.stdout
    assert [result["route"] for result in facts(play)] == ["endpoint", "records"]


@pytest.mark.sampled
@pytest.mark.parametrize("apply", [{"delegate_to": "localhost"}, {"delegate_to": "localhost", "delegate_facts": True}])
def test_facts_stay_with_the_host_whoever_the_work_is_delegated_to(plays: Plays, apply: dict[str, Any]) -> None:
    plays.inventory("acmedev", "acmetest")
    local = {f"hostvars_{name}": value for name, value in LOCAL.items()}
    show = {
        "ansible.builtin.assert": {
            "that": ["qualtrics_spoke_result.instance.host == inventory_hostname ~ '.service-now.com'"]
        }
    }
    play = plays(
        plays.book(
            role("setup_endpoint", apply=apply),
            role(apply=apply),
            role(tasks_from="verify", apply=apply),
            show,
            vars=local,
        )
    )
    assert play.returncode == 0, play.stdout
    assert {result["route"] for result in facts(play)} == {"endpoint"}


def test_verify_changes_nothing_and_says_what_proves_it(plays: Plays) -> None:
    before = plays(VERIFY)
    assert (before.returncode, before.stats["acmedev"]["changed"]) == (2, 0)
    assert "registry (create" in messages(before)[0]
    assert plays(SETUP).returncode == 0
    blind = plays(VERIFY)
    assert facts(blind)[-1]["test"] == {}
    assert "was not compared" in blind.stdout
    plays(INSTALL)
    plays(SETUP)
    seeing = plays(VERIFY)
    assert (seeing.returncode, seeing.stats["acmedev"]["changed"]) == (0, 0), seeing.stdout
    assert "Qualtrics answered a call through the stored connection (GET /directories) with HTTP 200" in seeing.stdout
    assert facts(seeing)[-1]["test"]["http_status"] == 200
    assert "was not compared" not in seeing.stdout


def test_a_tag_on_the_role_reaches_all_of_it(plays: Plays) -> None:
    play = plays(plays.book(role(apply={"tags": ["qualtrics"]}, tags=["qualtrics"])), "--tags", "qualtrics")
    assert play.stats["acmedev"]["changed"] == 1
    assert len(facts(play)) == 1
