# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""One line an instance, what needs somebody first; kept by instance; nothing that commands a terminal."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.snow_ops.spokes.plugins.module_utils._terminal import one_line
from ansible_collections.snow_ops.spokes.plugins.plugin_utils._fleet.collect import Fleet
from ansible_collections.snow_ops.spokes.plugins.plugin_utils._fleet.events import (
    FIRST_TASKS,
    SAYS_PROBLEMS,
    STEP_OF_CHECK,
    Event,
)
from ansible_collections.snow_ops.spokes.plugins.plugin_utils._fleet.report import (
    artifacts,
    compare,
    make_report,
    read_report,
)
from ansible_collections.snow_ops.spokes.plugins.plugin_utils._fleet.summary import summary
from fleets import ACCOUNT, begin, connection, end, event, fleet_of, refusal, report_of


def fleet(*groups: list[Event]) -> Fleet:
    made = Fleet()
    for group in groups:
        for entry in group:
            made.take(entry)
    return made


def whole(host: str, status: str = "same", **more: object) -> list[Event]:
    return [*begin(host, **more), connection(host, status, **more), *end(host, **more)]


def lines(made: Fleet, **more: object) -> list[str]:
    return [text for _kind, text in summary(report_of(made, **more))]


def test_failures_come_first_then_what_is_left_then_changes_then_what_is_in_order() -> None:
    said = lines(fleet(whole("fine"), whole("changed", "created"), whole("left", "manual"), refusal("dead")))
    assert said == [
        "4 instances: 1 failed, 1 with steps left to a person, 1 changed, 1 in order.",
        "FAILED dead.service-now.com [Prerequisites]: The instance did not accept the login. Where: instance dead.service-now.com. Next: Check user.",
        "TO DO BY HAND Get the OAuth token (Press Get OAuth Token):",
        "  left.service-now.com: https://left.service-now.com/nav_to.do?uri=oauth_2_0_credentials.do",
        "CHANGED changed.service-now.com: Connection (registry); token valid until 2026-11-26 12:00:00 UTC",
        "IN ORDER fine.service-now.com; token valid until 2026-11-26 12:00:00 UTC",
    ]


def test_twenty_instances_take_one_line_each_and_a_title_for_each_group() -> None:
    said = lines(fleet(*(whole(f"acme{number:02}", "manual") for number in range(18)), refusal("one"), refusal("two")))
    assert len(said) == 20 + 2


def test_a_single_instance_in_order_is_not_worth_a_line_but_one_that_failed_is() -> None:
    assert lines(fleet(whole("fine"))) == []
    assert len(lines(fleet(refusal("dead")))) == 2
    assert lines(Fleet()) == []


def test_a_host_that_went_through_several_instances_is_several_instances() -> None:
    made = Fleet()
    made.expect("localhost", ["first", "second", "third"])
    for name, status in (("first", "created"), ("second", "refused")):
        for entry in refusal(name) if status == "refused" else whole(name, status):
            made.take(Event(**{**entry.__dict__, "host": "localhost", "label": name}))
    found = {entry["instance"]: entry["status"] for entry in made.instances(["localhost"])}
    assert found == {"first.service-now.com": "changed", "second.service-now.com": "failed", "third": "not_run"}
    (_title, _failed, not_reached, _changed) = lines(made, dead=["localhost"])
    assert not_reached.startswith("NOT REACHED third: ")


def test_two_runs_of_the_role_on_one_instance_are_one_instance() -> None:
    made = fleet(whole("acme", "created"), whole("acme", entry="verify", verifies=True, check_mode=True))
    (entry,) = made.instances()
    assert (entry["status"], entry["steps"]["connection"]["status"]) == ("changed", "changed")


@pytest.mark.parametrize("order", [1, -1])
def test_of_two_hosts_that_lead_to_one_instance_the_one_that_failed_counts(order: int) -> None:
    def led(host: str, entries: list[Event]) -> list[Event]:
        return [Event(**{**entry.__dict__, "host": host}) for entry in entries]

    made = fleet(*[led("one", whole("acme", "manual")), led("two", refusal("acme"))][::order])
    (entry,) = made.instances(["two"])
    assert (entry["status"], entry["hosts"], len(entry["manual_steps"])) == ("failed", ["one", "two"], 1)


def test_hosts_that_were_left_out_on_purpose_are_not_missed() -> None:
    made = fleet(whole("fine"))
    made.expect("run_once")
    assert [entry["instance"] for entry in made.instances()] == ["fine.service-now.com"]
    made.expect("condition")
    made.forget("condition")
    assert [entry["instance"] for entry in made.instances(["dead"])] == ["fine.service-now.com", "run_once"]


@pytest.mark.parametrize("outcome", ["failed", "unreachable"])
def test_a_host_that_died_before_the_role_is_a_failure_with_its_task(outcome: str) -> None:
    made = fleet(whole("fine"), [Event("dead", "Open the vault", "include_vars", outcome, {"msg": "no password"})])
    made.expect("dead")
    by_name = {entry["instance"]: entry for entry in made.instances(["dead"])}
    assert by_name["dead"]["status"] == "failed"
    assert "no password" in by_name["dead"]["failure"]["what"]
    assert "task 'Open the vault', before the set-up" in by_name["dead"]["failure"]["where"]
    assert by_name["fine.service-now.com"]["status"] == "ok"


def test_a_failure_that_the_playbook_got_over_is_none() -> None:
    made = fleet([Event("fine", "Try something", "command", "failed", {"msg": "no"})], whole("fine"))
    assert [entry["status"] for entry in made.instances()] == ["ok"]


def test_an_instance_that_the_run_left_half_done_is_not_in_order() -> None:
    (entry,) = fleet(begin("half")).instances()
    assert (entry["status"], entry["failure"]["kind"]) == ("failed", "stopped")
    assert entry["steps"]["connection"]["status"] == "not_reached"


def test_the_prerequisites_alone_are_an_entry_point_that_ends() -> None:
    made = fleet(begin("acme", entry="preflight")[:2])
    assert [entry["status"] for entry in made.instances()] == ["ok"]


def test_an_instance_that_differs_in_a_verification_failed_and_in_a_plan_would_change() -> None:
    found = [*begin("acme"), connection("acme", "created", check_mode=True, verifies=True)]
    assertion = event(
        "acme", "assert", {"msg": "different"}, name="Verify | Check that nothing differs", outcome="failed"
    )
    (entry,) = fleet([*found, assertion]).instances()
    assert (entry["status"], entry["failure"]["step"]) == ("failed", "connection")
    assert entry["failure"]["what"] == "differs from what it should be (Connection: registry missing)"
    planned = [*begin("acme"), connection("acme", "created", check_mode=True), *end("acme")]
    assert lines(fleet(planned, whole("b")))[1] == "WOULD CHANGE acme.service-now.com: Connection (registry)."


def test_what_is_missing_fails_with_its_problems_and_what_to_do_about_each() -> None:
    problems = [
        {"what": "The spoke is not installed", "advice": "Install it", "is_blocking": True},
        {"what": "The role x is missing", "advice": "Grant it", "is_blocking": True},
        {"what": "A hint", "advice": "None", "is_blocking": False},
    ]
    info = {"instance": {"host": "acme.service-now.com", "name": "acme"}, "problems": problems}
    message = "acme is not ready. Nothing was written. (1) The spoke is not installed - Install it. (2) The role x is missing ..."
    failure = _not_ready(info, message)
    assert (failure["step"], failure["kind"]) == ("prerequisites", "missing")
    assert (failure["what"], failure["next"]) == (
        "The spoke is not installed; The role x is missing",
        "Install it; Grant it",
    )


def test_problems_are_not_the_failure_of_a_host_that_shares_its_instance() -> None:
    problems = [{"what": "The spoke is not installed", "advice": "Install it", "is_blocking": True}]
    failure = _not_ready(
        {"problems": problems}, "one, two lead to one instance; from one nothing was written. Give each host its own."
    )
    assert (failure["kind"], failure["next"]) == ("failed", "Give each host its own.")
    assert "lead to one instance" in failure["what"]


def _not_ready(info: dict[str, Any], message: str) -> dict[str, str]:
    """The failure of an instance whose prerequisites are ``info``, and of which the role's assertion says ``message``."""
    said = event("acme", "fail", {"msg": message}, name=SAYS_PROBLEMS, outcome="failed")
    (entry,) = fleet([event("acme", "snow_spoke_info", info), said]).instances()
    failure: dict[str, str] = entry["failure"]
    return failure


def test_a_client_that_is_refused_leaves_the_account_as_read() -> None:
    for read, what, failing in (
        (ACCOUNT, "The OAuth client was granted no scope", "client"),
        (ACCOUNT, "Something else", "client"),
        ({}, "Qualtrics does not know the API token", "account"),
        ({}, "qualtrics_spoke_client_id has the form of a Client Secret", "client"),
    ):
        error = {"kind": "login", "what": what}
        refused = event("acme", "qualtrics_oauth_client", {**read, "msg": "no", "error": error}, outcome="failed")
        (entry,) = fleet([*begin("acme")[:-1], refused]).instances()
        assert entry["failure"]["step"] == failing
        account = "ok" if read else "failed" if failing == "account" else "not_reached"
        assert entry["steps"]["account"]["status"] == account
        assert entry["steps"]["client"]["status"] == ("failed" if failing == "client" else "not_reached")


@pytest.mark.parametrize(
    ("message", "failing"),
    [
        ("The API token could not be read. Where: Qualtrics. Why: the OAuth client may not.", "account"),
        ("Qualtrics does not accept the OAuth client 5a4d at this datacenter. Where: Qualtrics.", "client"),
        ("The Qualtrics organization acme has no directory.", "account"),
    ],
)
def test_what_a_hidden_task_said_is_of_the_account_or_of_the_client(message: str, failing: str) -> None:
    (name,) = [name for name, step in STEP_OF_CHECK.items() if step == "account"]
    said = event("acme", "fail", {"msg": message}, name=name, outcome="failed")
    (entry,) = fleet([*begin("acme")[:-1], said]).instances()
    assert entry["failure"]["step"] == failing


def test_a_value_that_was_refused_names_no_instance() -> None:
    """It may be a secret in the wrong place; the message itself is the module's, which shows none."""
    error = {"kind": "input", "what": "no host name", "where": "instance sandbox-secret"}
    made = fleet([event("acme", "snow_spoke_info", {"msg": "no", "error": error}, outcome="failed")])
    assert [entry["instance"] for entry in made.instances()] == ["acme"]


@pytest.mark.parametrize(
    "where",
    [
        "instance acme.example.com, table sys_user",
        "instance acme.example.com, GET /api/now",
        "instance acme.example.com",
    ],
)
def test_a_failure_before_anything_was_read_names_its_instance(where: str) -> None:
    result = {"msg": "no", "error": {"kind": "unreachable", "what": "No answer", "where": where}}
    made = fleet([event("one", "snow_spoke_info", result, outcome="failed")])
    assert [(entry["instance"], entry["hosts"]) for entry in made.instances()] == [("acme.example.com", ["one"])]


def test_since_says_what_is_new_the_same_and_fixed(tmp_path: Path) -> None:
    before = report_of(fleet(refusal("same"), refusal("fixed"), whole("worse"), refusal("gone")))
    (tmp_path / "report.json").write_text(json.dumps(before))
    now = report_of(fleet(refusal("same"), whole("fixed"), refusal("worse"), whole("fine")))
    compare(now, read_report(tmp_path / "report.json"))
    assert now["since"] == {
        "created": before["created"],
        "new": 1,
        "same": 1,
        "fixed": 1,
        "not_looked_at": 0,
        "gone": ["gone.service-now.com"],
    }
    said = [text for _kind, text in summary(now)]
    assert "1 new, 1 the same, 1 fixed. Not looked at this time: gone.service-now.com." in said[0]
    assert [line for line in said if "FAILED worse.service-now.com [Prerequisites, new]" in line]
    assert [
        line for line in said if line.startswith("IN ORDER fixed.service-now.com") and "(fixed: Prerequisites)" in line
    ]


@pytest.mark.parametrize(
    "text", ["", "[]", "{", '{"instances": 1}', '{"instances": [{}]}', "\x00", '{"instances": [[]]}']
)
def test_what_is_not_a_report_is_said_to_be_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "report.json").write_text(text)
    with pytest.raises(ValueError, match="is not a report"):
        read_report(tmp_path / "report.json")
    with pytest.raises(ValueError, match=f"^qualtrics_spoke_report_since: {tmp_path}/report.json is not"):
        read_report(tmp_path / "report.json", "qualtrics_spoke_report_since")
    assert read_report(tmp_path / "missing.json") is None
    with pytest.raises(ValueError, match=f"^qualtrics_spoke_report_since: {tmp_path}/missing.json does not exist"):
        read_report(tmp_path / "missing.json", "qualtrics_spoke_report_since")


def test_the_artifacts_are_what_a_workflow_branches_on() -> None:
    found = artifacts(
        report_of(fleet(whole("fine"), whole("changed", "created"), whole("left", "manual"), refusal("dead")))
    )
    numbers = {"instances": 4, "failed": 1, "not_run": 0, "manual": 1, "would_change": 0, "changed": 1, "ok": 1}
    assert {name: found[name] for name in numbers} == numbers
    assert found["failed_instances"] == ["dead.service-now.com"]
    assert found["changed_instances"] == ["changed.service-now.com"]
    assert [step["instance"] for step in found["manual_steps"]] == ["left.service-now.com"]


def test_a_hostile_text_commands_no_terminal() -> None:
    said = lines(fleet_of(20))
    assert [line for line in said if "<script>" in line]
    assert said == [one_line(line) for line in said]


def test_every_result_of_a_module_may_be_missing_or_of_the_wrong_type() -> None:
    for wrong in (
        {},
        {"records": None, "diff": None, "token": None, "manual_steps": None, "test": None},
        {"manual_steps": ["x"], "token": 1},
    ):
        made = fleet(
            [
                event("acme", module, wrong)
                for module in ("snow_spoke_info", "snow_connection_alias", "snow_sys_property")
            ],
            end("acme"),
        )
        assert [entry["status"] for entry in made.instances()] == ["ok"]


def installing(host: str, *, check_mode: bool = False, version_before: str | None = None) -> list[Event]:
    """What a set-up begins with that is to install the spoke: the tasks of install.yml, brought in by main."""
    instance = {"host": f"{host}.service-now.com", "name": host}
    problem = {"what": "the spoke is not installed", "advice": "Install it", "is_blocking": True}
    problems = [] if version_before else [problem]
    installed = {"changed": version_before is None, "version": "1.2.0", "version_before": version_before, "diff": []}
    return [
        event(host, "validate_argument_spec", {}),
        event(host, "include_tasks", {"include": "install.yml"}, name="Install the spoke"),
        event(
            host,
            "snow_spoke_info",
            {"instance": instance, "problems": problems},
            name="Preflight | Read the prerequisites",
        ),
        event(host, "snow_store_app", installed, check_mode=check_mode),
    ]


@pytest.mark.parametrize("version_before", ["1.2.0", None])
def test_a_set_up_that_installs_first_is_one_instance(version_before: str | None) -> None:
    made = fleet(installing("acme", version_before=version_before), whole("acme")[1:])
    expected = "ok" if version_before else "changed"
    (entry,) = made.instances()
    assert (entry["instance"], entry["status"], entry["failure"]) == ("acme.service-now.com", expected, None)
    assert entry["steps"]["prerequisites"]["status"] == "ok"


@pytest.mark.parametrize("entry", ["main", "plan"])
def test_check_mode_without_the_spoke_ends_with_what_would_be_installed(entry: str) -> None:
    def begun(*, check_mode: bool) -> list[Event]:
        return [Event(**{**made.__dict__, "entry": entry}) for made in installing("bare", check_mode=check_mode)]

    (found,) = fleet(begun(check_mode=True)).instances()
    assert (found["status"], found["steps"]["application"]["status"]) == ("would_change", "would_change")
    assert found["steps"]["prerequisites"]["status"] == "unknown"
    # An installation that was the last thing before the run was interrupted is not the end.
    (found,) = fleet(begun(check_mode=False)).instances()
    assert found["failure"]["kind"] == "stopped"


def test_the_role_begun_anew_is_no_second_instance() -> None:
    begun = event("acme", "fail", {}, name=FIRST_TASKS[0])
    made = fleet([begun, event("acme", "debug", {}), begun], whole("acme")[1:])
    assert [entry["instance"] for entry in made.instances()] == ["acme.service-now.com"]


@pytest.mark.parametrize("status", ["created", "manual"])
def test_what_a_rotation_foresees_is_not_what_it_did(status: str) -> None:
    foreseen = connection("acme", "created", entry="rotate", check_mode=True, foresees=True)
    done = [connection("acme", status, entry="rotate"), *end("acme", entry="rotate")]
    (entry,) = fleet([*begin("acme", entry="rotate"), foreseen, *done]).instances()
    assert (entry["status"], entry["steps"]["connection"]["status"]) == (
        ("changed", "changed") if status == "created" else ("manual", "ok")
    )
    assert len(entry["manual_steps"]) == (status == "manual")


def test_what_fails_while_a_rotation_foresees_is_a_failure() -> None:
    failed = event("acme", "snow_connection_alias", {"msg": "no"}, entry="rotate", foresees=True, outcome="failed")
    (entry,) = fleet([*begin("acme", entry="rotate"), failed]).instances()
    assert (entry["status"], entry["failure"]["step"]) == ("failed", "connection")


@pytest.mark.parametrize(("check_mode", "words"), [(True, "WOULD CHANGE"), (False, "CHANGED")])
def test_a_new_api_token_is_a_change_that_check_mode_foresees(check_mode: bool, words: str) -> None:
    """The result is hidden: nothing of it is known but that it changed."""
    hidden = {"censored": "hidden", "changed": True}
    made = event("acme", "qualtrics_api_token", hidden, entry="rotate", check_mode=check_mode)
    rest = [connection("acme", "same", entry="rotate", check_mode=check_mode), *end("acme", entry="rotate")]
    begun = begin("acme", entry="rotate")
    (_title, line) = lines(fleet([*begun[:2], made, *begun[2:], *rest]))
    assert line.startswith(f"{words} acme.service-now.com: API token")


def test_a_new_api_token_that_could_not_be_made_is_the_step_that_failed() -> None:
    said = event("acme", "assert", {"msg": "no"}, name="Rotate | Check that there is a new API token", outcome="failed")
    (entry,) = fleet([*begin("acme", entry="rotate")[:2], said]).instances()
    assert entry["failure"]["step"] == "api_token"


def concluded(host: str, **result: object) -> list[Event]:
    """A run on ``host`` that ends in ``result``."""
    facts = {"ansible_facts": {"qualtrics_spoke_result": result}}
    return [*begin(host), connection(host, "same"), event(host, "set_fact", facts)]


def test_what_only_the_result_says_is_in_the_summary_of_a_single_instance_too() -> None:
    note = "Qualtrics has made another API token, and acme.service-now.com has it."
    (_title, order, said) = lines(fleet(concluded("acme", notes=[note, 1])))
    assert order.startswith("IN ORDER ")
    assert said == f"NOTE acme.service-now.com: {note}"


def test_a_note_on_several_instances_is_one_line() -> None:
    noted = [concluded(host, notes=[f"{host}.service-now.com has it."]) for host in ("one", "two")]
    assert lines(fleet(*noted))[-1] == "NOTE one.service-now.com, two.service-now.com: <instance> has it."


def test_a_manual_step_that_no_module_knows_of_is_left_to_a_person() -> None:
    url = "https://acme.service-now.com/nav_to.do?uri=http_connection.do"
    manual = {"what": "Set the connection attribute X-API-TOKEN", "why": "it is encrypted", "how": "Set it", "url": url}
    (entry,) = fleet(concluded("acme", manual_steps=[manual])).instances()
    assert (entry["status"], entry["steps"]["connection"]["status"]) == ("manual", "manual")
    assert [step["what"] for step in entry["manual_steps"]] == [manual["what"]]


@pytest.mark.parametrize(
    ("named", "step"),
    [
        ({"step": "token"}, "token"),
        ({"step": "connection"}, "connection"),
        ({}, "connection"),
        ({"step": None}, "connection"),
        ({"step": "prerequisites"}, "connection"),
        ({"step": ["token"]}, "connection"),
    ],
)
def test_a_manual_step_completes_the_step_that_it_names_whatever_its_words(named: dict[str, object], step: str) -> None:
    said = {"what": "Set the connection attribute API token", "why": "it is encrypted", "how": "Set it", "url": "x"}
    result = {"records": [], "manual_steps": [{**named, **said}], "route": "records"}
    (entry,) = fleet([*begin("acme"), event("acme", "snow_connection_alias", result), *end("acme")]).instances()
    assert {name for name, state in entry["steps"].items() if state["status"] == "manual"} == {step}
    assert [manual["step"] for manual in entry["manual_steps"]] == [step]


STANDS = "What was there before was written back and read back. The given API token is void; run again."


def failed_rotation(host: str, reason: str, stands: str = STANDS) -> list[Event]:
    """A rotation whose proof failed, that put back what was there before."""
    refused = event(host, "snow_connection_alias", {"msg": reason}, entry="rotate", outcome="failed")
    put_back = connection(host, "created", entry="rotate")
    message = f"The rotation on {host}.service-now.com failed. {' '.join(reason.split())}\n{stands}"
    last = event(host, "fail", {"msg": message}, name="Rotate | Say it", entry="rotate", outcome="failed")
    return [*begin(host, entry="rotate"), refused, put_back, last]


@pytest.mark.parametrize("reason", ["The call was refused.", "It was\nrefused. Next: Correct it.", "no " * 900])
def test_a_failed_rotation_says_what_stands(reason: str) -> None:
    made = fleet(failed_rotation("acme", reason))
    (entry,) = made.instances(["acme"])
    assert entry["failure"]["stands"] == STANDS
    assert entry["failure"]["what"].startswith("no" if "no" in reason else reason.split()[0])
    (line,) = [line for line in lines(made) if line.startswith("FAILED acme.service-now.com [Connection]: ")]
    assert line.endswith(f" Now: {STANDS}")


def test_a_failed_rotation_whose_first_message_is_not_repeated_says_all_of_the_last() -> None:
    made = failed_rotation("acme", "hidden")
    made[-1] = Event(**{**made[-1].__dict__, "result": {"msg": "The rotation failed. All stands."}})
    (entry,) = fleet(made).instances(["acme"])
    assert entry["failure"]["stands"] == "The rotation failed. All stands."


def only(host: str, entry: str, module: str, result: dict[str, object], **more: object) -> list[Event]:
    """A run of an entry point that looks at no set-up."""
    return [*begin(host, entry=entry)[:2], event(host, module, result, entry=entry, **more)]


EXPORTED = {"changed": True, "dest": "/reports/acme.yml"}
INSTALLED = {"changed": False, "version": "1.2.0", "version_before": "1.2.0", "diff": []}


@pytest.mark.parametrize(
    ("entry", "module", "result", "words"),
    [
        ("export", "template", EXPORTED, "EXPORTED"),
        ("install", "snow_store_app", INSTALLED, "INSTALLED"),
        ("remove", "set_fact", {"ansible_facts": {"qualtrics_spoke_result": {"notes": []}}}, "NOTHING TO REMOVE"),
    ],
)
def test_what_looks_at_no_set_up_calls_none_in_order(
    entry: str, module: str, result: dict[str, object], words: str
) -> None:
    made = fleet(only("one", entry, module, result), only("two", entry, module, result))
    assert lines(made) == [
        "2 instances: 2 not judged.",
        f"{words} one.service-now.com; not judged",
        f"{words} two.service-now.com; not judged",
    ]
    (one, _two) = made.instances()
    assert (one["operation"], one["status"], one["steps"]["prerequisites"]["status"]) == (
        entry,
        "not_judged",
        "unknown",
    )
    assert lines(fleet(only("one", entry, module, result))) == []


def test_an_export_in_check_mode_has_written_no_file() -> None:
    made = fleet(*(only(host, "export", "template", EXPORTED, check_mode=True) for host in ("one", "two")))
    said = summary(make_report(made.instances(), "", "qualtrics_export", True))
    assert said[1][1] == "WOULD BE EXPORTED one.service-now.com; not judged"


@pytest.mark.parametrize("entry", ["rotate", "restore", "remove", "install", "export"])
def test_no_entry_point_is_at_its_end_before_it_was_there(entry: str) -> None:
    (found,) = fleet(begin("half", entry=entry)[:2]).instances()
    assert (found["status"], found["failure"]["kind"]) == ("failed", "stopped")


def test_an_installation_in_check_mode_says_nothing_of_a_set_up() -> None:
    foreseen = {**INSTALLED, "changed": True, "version_before": None}
    (found,) = fleet(only("one", "install", "snow_store_app", foreseen, check_mode=True)).instances()
    assert (found["status"], found["notes"]) == ("would_change", [])


def test_an_installation_that_changed_something_is_a_change() -> None:
    (found,) = fleet(
        only("one", "install", "snow_store_app", {**INSTALLED, "changed": True}), whole("two")
    ).instances()[:1]
    assert found["status"] == "changed"


def since(before: Fleet, now: Fleet, folder: Path) -> tuple[dict[str, list[str]], str]:
    """What is said of the only instance, and the summary's title."""
    (folder / "report.json").write_text(json.dumps(report_of(before)))
    report = report_of(now)
    compare(report, read_report(folder / "report.json"))
    return report["instances"][0]["since"], (summary(report) or [("", "")])[0][1]


def test_what_another_playbook_does_not_look_at_is_not_fixed(tmp_path: Path) -> None:
    left = fleet(whole("acme", "manual"))
    for entry, module, result in (
        ("export", "template", EXPORTED),
        ("install", "snow_store_app", INSTALLED),
        ("remove", "set_fact", {"ansible_facts": {"qualtrics_spoke_result": {}}}),
    ):
        made = fleet(only("acme", entry, module, result), refusal("other"))
        (tmp_path / "report.json").write_text(json.dumps(report_of(left)))
        report = report_of(made)
        compare(report, read_report(tmp_path / "report.json"))
        assert (report["since"]["fixed"], report["since"]["not_looked_at"]) == (0, 1), entry
        assert "Not looked at this time: OAuth token of acme.service-now.com." in summary(report)[0][1]
    preflight = fleet(begin("acme", entry="preflight")[:2], refusal("other"))
    assert since(left, preflight, tmp_path)[1].endswith("OAuth token of acme.service-now.com.")


def test_what_failed_in_a_step_of_one_playbook_alone_is_not_fixed_by_another(tmp_path: Path) -> None:
    error = {"kind": "time", "what": "Pending", "where": "instance acme.service-now.com", "advice": "Wait"}
    failed = event("acme", "snow_store_app", {"msg": "no", "error": error}, entry="install", outcome="failed")
    before = fleet([*begin("acme", entry="install")[:2], failed])
    found, _title = since(before, fleet(whole("acme")), tmp_path)
    assert (found["fixed"], found["not_looked_at"]) == ([], ["application"])
    again = fleet(only("acme", "install", "snow_store_app", INSTALLED))
    assert since(before, again, tmp_path)[0]["fixed"] == ["application"]


def test_what_a_plan_or_check_mode_only_foresees_is_the_same_as_before(tmp_path: Path) -> None:
    differing = event("acme", "assert", {"msg": "no"}, name="Verify | Check that nothing differs", outcome="failed")
    verified = [*begin("acme"), connection("acme", "created", check_mode=True, verifies=True), differing]
    planned = [*begin("acme"), connection("acme", "created", check_mode=True), *end("acme")]
    found, title = since(fleet(verified), fleet(planned), tmp_path)
    assert (found["same"], found["fixed"], found["new"]) == (["connection"], [], [])
    assert "0 new, 1 the same, 0 fixed." in title
    set_up = fleet([*begin("acme"), connection("acme", "created"), *end("acme")])
    assert since(fleet(verified), set_up, tmp_path)[0]["fixed"] == ["connection"]


def removal(host: str, **more: object) -> list[Event]:
    """A removal of the connection of ``acme``, by ``host``."""
    sys_id = "1b3c7515000000000000000000acfa4e"
    roles = ("attribute x_api_token", f"profile scope {sys_id}", f"profile scope {sys_id[::-1]}", "scope read:users")
    records = [
        {"role": role, "table": "t", "action": "delete", "before": {"name": "x"}, "after": {}}
        for role in (*roles, "registry", "connection")
    ]
    emptied = {"before": {"value": "POOL_1"}, "after": {"value": ""}, "after_header": "sys_properties (directory)"}
    ended = {"ansible_facts": {"qualtrics_spoke_result": {"notes": [], "manual_steps": []}}}
    made = [
        *begin("acme", entry="remove")[:2],
        event("acme", "snow_connection_alias", {"changed": True, "records": records}, entry="remove", **more),
        event("acme", "snow_sys_property", {"changed": True, "diff": [emptied]}, entry="remove", **more),
        event("acme", "set_fact", ended, entry="remove"),
    ]
    return [Event(**{**entry.__dict__, "host": host}) for entry in made]


NAMES = "(attribute x_api_token, profile scope, scope read:users, registry and 1 more)"


def test_a_removal_says_that_things_were_removed_and_names_no_sys_id() -> None:
    assert lines(fleet(removal("acme"))) == [
        "1 instance: 1 changed.",
        f"CHANGED acme.service-now.com: Connection removed {NAMES}, Directory emptied (directory)",
    ]
    assert lines(fleet(removal("acme", check_mode=True))) == [
        "1 instance: 1 that would change.",
        f"WOULD CHANGE acme.service-now.com: Connection to be removed {NAMES}, Directory to be emptied (directory).",
    ]


def test_what_one_host_changed_is_seen_beside_the_failure_of_another_on_the_same_instance() -> None:
    refused = [Event(**{**entry.__dict__, "host": "two", "entry": "remove"}) for entry in refusal("acme")]
    made = fleet(removal("one"), refused)
    (title, failed, changed) = lines(made, dead=["two"])
    assert title == "1 instance: 1 failed (1 of them changed)."
    assert failed.startswith("FAILED acme.service-now.com (one, two) [Prerequisites]: ")
    assert changed.startswith("CHANGED acme.service-now.com (one): Connection removed (")
    report = report_of(made, dead=["two"])
    assert report["counts"]["failed_and_changed"] == 1
    assert artifacts(report)["changed_instances"] == ["acme.service-now.com"]


def test_what_was_changed_before_a_failure_is_seen() -> None:
    failed = event("acme", "snow_sys_property", {"msg": "no"}, outcome="failed")
    said = lines(fleet([*begin("acme"), connection("acme", "created"), failed]))
    assert said[-1] == "CHANGED acme.service-now.com: Connection (registry); failed, see above"


def test_check_mode_has_changed_nothing_even_where_a_step_is_left_to_a_person() -> None:
    url = "https://acme.service-now.com/nav_to.do"
    manual = {"what": "Set the connection attribute X", "why": "encrypted", "how": "Set it", "url": url}
    records = [{"role": "registry", "table": "oauth_entity", "action": "create", "before": {}, "after": {"name": "x"}}]
    result = {"changed": True, "records": records, "manual_steps": [manual], "route": "records"}
    for check_mode in (True, False):
        configured = event("acme", "snow_connection_alias", result, check_mode=check_mode)
        report = report_of(fleet([*begin("acme"), configured, *end("acme")]))
        assert bool(artifacts(report)["changed_instances"]) is not check_mode
