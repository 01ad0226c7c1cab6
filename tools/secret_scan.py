# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""Looks for what could be a secret in everything that git keeps or is about to; part of ``make lint``.

A fixture that has to look like a secret says itself that it is none: the value begins or ends with one of `MARKS`. The few others that
detect-secrets takes for secrets are in `REVIEWED`, each with what it is.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from detect_secrets.core.scan import scan_file
from detect_secrets.settings import transient_settings

ROOT = Path(__file__).resolve().parents[1]
MARKS = ("fake", "sandbox", "example", "wrong", "another", "byhand", "fa4e")
MARKED = re.compile(rf"\W*(({'|'.join(MARKS)}).*|.*({'|'.join(MARKS)}))\W*", re.IGNORECASE | re.DOTALL)
# What detect-secrets does not look for: logins on command lines and in headers.
LOGINS = (
    re.compile(r"""curl\b.*\s(?:-u|--user)[ =]*["']?[^\s:"']+:([^\s"']+)"""),
    re.compile(r"Authorization: *(?:Basic|Bearer) +([A-Za-z0-9+/=._~-]{8,})"),
)
REVIEWED = {
    # Values of the option update_secret.
    *("on_create", "on_change", "On_Change", "always"),
    # A value of a switch of the sandbox, a type of columns, a column.
    *("clear", "password2", "oauth_entity.client_secret"),
    # That the field of a credential type is secret.
    "true",
    # Words, and what is too short for a secret.
    *("hush", "secret", "nonsense", "pw", "x", "X"),
    # All digits in their order.
    "0123456789abcdef0123456789abcdef",
    # The sys_ids of a script that ServiceNow ships, of its guest user, and of its default access control.
    *("3e3a3a11c333210016194ffe5bba8f70", "5136503cc611227c0183e96598c4f706", "cf9d01d3e73003009d6247e603f6a990"),
    # How options, variables and keys are called that hold a secret.
    *(
        "client_secret",
        "oauth.client_secret",
        "QUALTRICS_CLIENT_SECRET",
        "qualtrics_spoke_client_secret",
        "qualtrics_spoke_api_token",
        "qualtrics_spoke_api_token_attribute",
        "Correct qualtrics_spoke_api_token_attribute",
        "X-API-TOKEN",
        "qualtrics_spoke_update_secret",
        "manual_steps",
    ),
    "__qualtrics_spoke_used_client_secret | default(none, true), ",
    "__qualtrics_spoke_parts.connection.secret_compared,\n    ",
    "qualtrics_spoke_previous_client_secret | default(",
    "is not given there: set qualtrics_spoke_client_secret",
    "on_change`` works in FIPS mode, with a fingerprint of PBKDF2.",
    # What the setup endpoint answers of a secret, and what it refuses in the place of a proof ("proof" in base64).
    *("same", "different", "yes", "cHJvb2Y="),
    # What the probe sends in the place of a secret.
    "snow-ops-probe-wrong-secret",
    # A made-up login of a proxy, and the letters of the alphabet in the place of a token.
    *(
        "p",
        "Winter",
        "Corp2024",
        "Winter%40Corp%23%2F",
        "aBcDeFgHiJkLmNoPqRsTuVwXyZ",
        "ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEF",
    ),
}
PLUGINS = (
    "ArtifactoryDetector",
    "AWSKeyDetector",
    "AzureStorageKeyDetector",
    "BasicAuthDetector",
    "GitHubTokenDetector",
    "GitLabTokenDetector",
    "JwtTokenDetector",
    "KeywordDetector",
    "NpmDetector",
    "OpenAIDetector",
    "PrivateKeyDetector",
    "PypiTokenDetector",
    "SlackDetector",
)
ENTROPY = ({"name": "Base64HighEntropyString", "limit": 4.5}, {"name": "HexHighEntropyString", "limit": 3.0})
# Digests of packages, by the thousand, and of the setup endpoint's scripts; records of an earlier release with their sys_ids.
LOCK_FILES = re.compile(
    "|".join(
        (
            r"tests/upgrade/from_0\.1\.0\.json",
            r"(.*/)?endpoint/digests\.py",
            r"requirements-(controller|demo|dev|docs|ecosystem)\.txt",
            r"tools/cores/[0-9.-]+\.txt",
            r"(.*/)?package-lock\.json",
        )
    )
)
SETTINGS = {
    "plugins_used": [*({"name": name} for name in PLUGINS), *ENTROPY],
    "filters_used": [
        {"path": "detect_secrets.filters.heuristic.is_indirect_reference"},
        {"path": "detect_secrets.filters.heuristic.is_templated_secret"},
        {"path": "detect_secrets.filters.heuristic.is_not_alphanumeric_string"},
    ],
}


def findings(files: list[Path]) -> Iterator[str]:
    """What could be a secret in ``files``: place and kind, never the value."""
    with transient_settings(SETTINGS):
        for file in files:
            for secret in scan_file(str(file)):
                if not is_none(secret.secret_value or ""):
                    yield f"{file}:{secret.line_number}: {secret.type}"
            for number, line in enumerate(file.read_text(errors="replace").splitlines(), start=1):
                if any(not is_none(found.group(1)) for pattern in LOGINS for found in pattern.finditer(line)):
                    yield f"{file}:{number}: Login"


def is_none(value: str) -> bool:
    """Whether ``value`` says that it is no secret, or has been looked at."""
    return value in REVIEWED or MARKED.fullmatch(value) is not None


def tracked_files(root: Path) -> list[Path]:
    """The files of the tree at ``root`` that git keeps, or would if they were added."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=root, check=True, capture_output=True, text=True).stdout
    return [
        root / name
        for name in listed.split("\0")
        if name and not LOCK_FILES.fullmatch(name) and (root / name).is_file()
    ]


def main() -> int:
    """The exit status: 0 if nothing was found."""
    files = tracked_files(ROOT)
    found = list(findings(files))
    print("\n".join(found) or f"No secrets in {len(files)} files.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
