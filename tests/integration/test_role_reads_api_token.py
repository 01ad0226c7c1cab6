# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""The role without an API token: it is read with the OAuth client, handed on inside the run, and shown nowhere."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from connections import install_endpoint
from support import API_TOKEN, CLIENT_ID, CLIENT_SECRET, PASSWORD, ansible_playbook, leaks, login, other_python

from sandbox import Sandbox


def setup(sandbox: Sandbox, folder: Path, *arguments: str, **variables: Any) -> Any:
    given = {
        "ansible_connection": "local",
        "ansible_python_interpreter": "{{ ansible_playbook_python }}",
        "qualtrics_spoke_instance": login(),
        "qualtrics_spoke_client_id": CLIENT_ID,
        "qualtrics_spoke_client_secret": CLIENT_SECRET,
        "qualtrics_spoke_datacenter_id": "fra1",
        **variables,
    }
    (folder / "hosts.yml").write_text(yaml.safe_dump({"servicenow": {"hosts": {"acmedev": given}}}))
    return ansible_playbook(
        sandbox.environment, folder, "snow_ops.spokes.qualtrics_setup", "-i", "hosts.yml", "-vvv", "--diff", *arguments
    )


@pytest.mark.sampled
@pytest.mark.parametrize("path", ["fast", "module"])
def test_the_role_does_without_a_copied_token(sandbox: Sandbox, tmp_path: Path, path: str) -> None:
    install_endpoint(sandbox)
    python = {} if path == "fast" else {"ansible_python_interpreter": str(other_python(tmp_path))}
    first = setup(sandbox, tmp_path, **python)
    assert first.returncode == 0, first.stdout + first.stderr
    assert ("AnsiballZ" in first.stdout) == (path == "module")
    issued = tuple(sandbox.world.cloud.access_tokens)
    assert leaks(first.stdout + first.stderr + str(first.results), (API_TOKEN, CLIENT_SECRET, PASSWORD, *issued)) == []
    if path == "module":
        return
    again = setup(sandbox, tmp_path)
    assert again.stats["acmedev"]["changed"] == 0, again.stdout
    # It is the token that Qualtrics has: with it given, nothing changes either.
    assert setup(sandbox, tmp_path, qualtrics_spoke_api_token=API_TOKEN).stats["acmedev"]["changed"] == 0


def test_what_is_missing_is_said_in_the_open(sandbox: Sandbox, tmp_path: Path) -> None:
    sandbox.control.behaviour({"qualtrics.api_token_by_bearer": False})
    refused = setup(sandbox, tmp_path)
    assert refused.returncode != 0
    assert "The API token could not be read" in refused.stdout
    assert "brand administrator" in refused.stdout
    without_datacenter = setup(sandbox, tmp_path, qualtrics_spoke_datacenter_id="")
    assert "datacenter_id is not given" in without_datacenter.stdout
    with_token = setup(sandbox, tmp_path, qualtrics_spoke_api_token=API_TOKEN)
    assert with_token.returncode == 0, with_token.stdout
    shown = "".join(play.stdout + play.stderr for play in (refused, without_datacenter, with_token))
    assert leaks(shown, (API_TOKEN, CLIENT_SECRET, PASSWORD)) == []


@pytest.mark.sampled
@pytest.mark.parametrize("mode", ["proxies", "refuses_bearers"])
def test_the_role_follows_a_connection_url(sandbox: Sandbox, tmp_path: Path, mode: str) -> None:
    sandbox.control.behaviour({"qualtrics.brand_host": mode})
    url = "https://acme.fra1.qualtrics.com/API/v3"
    warned = setup(sandbox, tmp_path, "--check", qualtrics_spoke_api_token=API_TOKEN)
    # Some releases of ansible-core wrap warnings.
    assert f"to {url}" in " ".join((warned.stdout + warned.stderr).split())
    followed = setup(sandbox, tmp_path, qualtrics_spoke_api_token=API_TOKEN, qualtrics_spoke_connection_url=url)
    assert followed.returncode == 0, followed.stdout + followed.stderr
    assert "Set connection_url" not in followed.stdout + followed.stderr
    assert url in [row["connection_url"] for row in sandbox.control.records("acmedev", "http_connection")]
