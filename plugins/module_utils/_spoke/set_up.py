# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This file is private to the collection.
"""The core of qualtrics_spoke: both systems are asked at the same time, and nothing is written before all that is read
is as it has to be.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from ansible_collections.snow_ops.spokes.plugins.module_utils._errors import SpokesError
from ansible_collections.snow_ops.spokes.plugins.module_utils._qualtrics import oauth_client
from ansible_collections.snow_ops.spokes.plugins.module_utils._secrets import Secrets
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.connection.options import (
    Options,
    check_form,
)
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.cores import connection_alias
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.platform.client import Instance
from ansible_collections.snow_ops.spokes.plugins.module_utils._spoke.one_session import OneSession
from ansible_collections.snow_ops.spokes.plugins.module_utils._spoke.parts import (
    ACCOUNT,
    CONNECTION,
    DIRECTORY,
    DIRECTORY_PROPERTY,
    PREREQUISITES,
    Params,
    parts_of,
    with_account,
)
from ansible_collections.snow_ops.spokes.plugins.module_utils._spoke.refusals import (
    check_alone,
    check_directory,
    check_expected,
    check_ready,
)
from ansible_collections.snow_ops.spokes.plugins.module_utils._wire.session import Budget

Result = dict[str, Any]
# Takes what is asked, and how: whether hosts of a play that ask the same share the answer is for its caller to say.
Ask = Callable[[Params, Callable[[], Result]], Result]
Core = Callable[[Params, bool, Secrets], Result]


def run(
    params: Params, check_mode: bool, secrets: Secrets, ask: Ask = lambda _asked, answer: answer()
) -> dict[str, Any]:
    """Set up the spoke as ``params`` (the module's options) say; return the task's result, with that of each part that
    was begun under its name.
    """
    set_up = _SetUp(params, check_mode, secrets, ask)
    failure: Result = {}
    try:
        set_up.do()
    except _Failed as failed:
        failure = failed.said
    except SpokesError as error:
        failure = error.as_result(secrets.excerpt)
    if failure:
        failure.update(failed=True, part=set_up.part)
    return {**_summed_up(set_up.done), **failure}


class _Failed(Exception):
    """A part failed, and has a result that says more than an error does; ``said`` is what it says to people."""

    def __init__(self, result: Result) -> None:
        super().__init__()
        self.said: Result = {name: value for name, value in result.items() if name in ("msg", "error")}


class _SetUp:
    """A set-up; ``part`` is the one that it has got to, ``done`` has the results of those that were begun."""

    def __init__(self, params: Params, check_mode: bool, secrets: Secrets, ask: Ask) -> None:
        self._params = params
        self._check_mode = check_mode
        self._secrets = secrets
        self._ask = ask
        # What both systems may make the task wait and take in, all together.
        self._budget = Budget()
        self.part = PREREQUISITES
        self.done: dict[str, Result] = {}

    def do(self) -> None:
        """Do one part after the other. Raises `_Failed` where one did, and what the cores and refusals raise."""
        params = self._params
        instance = Instance(params["instance"], self._secrets, self._budget)
        check_alone(params["claimants"] or [], instance.host)
        parts = parts_of(params, instance.host)
        # An API token that is read with the client goes no further than the connection.
        told = Secrets(self._secrets.values, output_is_hidden=True)
        options = self._checked(parts, told)
        name, purpose = params["expected_instance_name"] or "", params["expected_purpose"] or ""
        expect = partial(check_expected, name=name, purpose=purpose) if name or purpose else None
        session = OneSession(instance, options, DIRECTORY_PROPERTY, expect)
        with ThreadPoolExecutor(max_workers=1) as beside:
            asked = beside.submit(self._ask_qualtrics, parts[ACCOUNT], told)
            report = self._run(PREREQUISITES, session.read, parts[PREREQUISITES])
        if expect and report["ready"] is not None:
            expect(report["instance"])
        check_ready(report)
        account = self._run(ACCOUNT, lambda *_asked: asked.result(), parts[ACCOUNT])
        for value in (*told.values, account.get("api_token")):
            self._secrets.add(value)
        check_directory(account)
        connection = with_account(parts[CONNECTION], account, params["api_token_attribute"])
        self._run(CONNECTION, session.configure, connection)
        directory = {**parts[DIRECTORY], "value": account["default_directory_id"]}
        self._run(DIRECTORY, session.set_directory, directory)

    def _run(self, part: str, core: Core, params: Params) -> Result:
        self.part = part
        self.done[part] = result = _answer(core, params, self._check_mode, self._secrets)
        if result.get("failed"):
            raise _Failed(result)
        return result

    def _checked(self, parts: Mapping[str, Params], told: Secrets) -> Options:
        """The options of the connection, as far as they are known. Raises `InputError` for what a part would refuse
        before it sends anything.
        """
        self.part = CONNECTION
        check_form(parts[CONNECTION], known_later=("connection.url",))
        self.part = ACCOUNT
        oauth_client.check(parts[ACCOUNT], told)
        self.part = CONNECTION
        options = connection_alias.options_of(parts[CONNECTION], self._secrets)
        self.part = PREREQUISITES
        return options

    def _ask_qualtrics(self, params: Params, secrets: Secrets) -> Result:
        core = partial(oauth_client.run, budget=self._budget)
        return self._ask(params, lambda: secrets.mask(_answer(core, params, self._check_mode, secrets)))


def _answer(core: Core, params: Params, check_mode: bool, secrets: Secrets) -> Result:
    """The result of ``core``, also of its failure."""
    try:
        return core(params, check_mode, secrets)
    except SpokesError as error:
        return dict(error.as_result(secrets.excerpt), failed=True)


def warnings_of(results: Iterable[Mapping[str, Any]]) -> list[str]:
    """The warnings of ``results``, each once."""
    return list(dict.fromkeys(text for result in results for text in result.get("warnings") or []))


def _summed_up(done: Mapping[str, Result]) -> Result:
    results = {part: dict(result) for part, result in done.items()}
    results.get(ACCOUNT, {}).pop("api_token", None)
    return {
        **results,
        "changed": any(result.get("changed") for result in done.values()),
        "diff": [entry for result in done.values() for entry in result.get("diff") or []],
        "warnings": warnings_of(done.values()),
    }
