# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""The behaviours on which the sources about Qualtrics disagree or are silent, each a switch."""

from __future__ import annotations

#: Switch name -> allowed values; the first is the default. Every line names the facts it stands for.
SWITCHES: dict[str, tuple[object, ...]] = {
    # The token endpoint (qualtrics 2)
    "qualtrics.client_auth_in_body": (True, False),  # "probably accepted": two scripts do it, nobody documents it
    "qualtrics.omitted_scope": ("all", "none"),  # no scope asked: all of the client's, or a token without any
    "qualtrics.token_scope_returned": (True, False),  # whether the answer names the scope that was granted
    "qualtrics.token_type": ("bearer", "Bearer"),  # recalled in lower case, mocked in title case
    "qualtrics.token_error_shape": ("rfc6749", "envelope"),  # no real error body was ever captured (qualtrics 9)
    # whoami and the API token (qualtrics 3)
    "qualtrics.whoami_datacenter": (
        True,
        False,
        "legacy",
    ),  # older brands may lack it (qualtrics 9), or have the id of former times
    "qualtrics.api_token_by_bearer": (
        True,
        False,
    ),  # whether an OAuth token is enough to read and make API tokens (qualtrics 3)
    "qualtrics.api_token_exists": ("replace", "refuse"),  # POST apitoken for a user who has one (qualtrics 9)
    # Directories (qualtrics 4)
    "qualtrics.directory_name": ("seeded", "null"),  # the default directory's name may be null
    "qualtrics.directory_default": ("seeded", "never", "absent"),  # isDefault as seeded, false everywhere, or left out
    "qualtrics.contact_count": ("on_request", "always"),  # only with includeCount=true, or in any case
    "qualtrics.last_page": ("null", "absent"),  # nextPage after the last page
    # Envelope and datacenters (qualtrics 5)
    "qualtrics.request_id": ("uuid", "empty"),  # meta.requestId may be ""
    "qualtrics.wrong_datacenter_bearer": ("AUTH_6.0", "DCD_7"),  # the two sources of the 401 disagree
    "qualtrics.proxied_write": ("refuse", "accept"),  # reads are proxied; a POST that was proxied met a 400
    "qualtrics.brand_host": (
        "serves",
        "proxies",
        "refuses_bearers",
    ),  # what <brand>.qualtrics.com without a datacenter does
    "qualtrics.government": ("proxied", "apart"),  # whether gov1 and the others know each other's API tokens
    "qualtrics.error_texts": ("english", "other"),  # messages in another language; codes and status stay
    # The registration gateway (RFC 7591 section 3, RFC 7592 section 2.2: each leaves the choice to the server)
    "qualtrics.registration_open": (True, False),  # whether registering works without an initial access token
    "qualtrics.registration_token_rotates": (False, True),  # whether a PUT hands out a new registration token
}


class Switches:
    """Reads the current switch values out of the shared ``behaviour`` mapping, at each call."""

    def __init__(self, behaviour: dict[str, object]) -> None:
        self._behaviour = behaviour

    def __getitem__(self, name: str) -> object:
        """The value of ``qualtrics.<name>`` now: the one set, else the default."""
        key = f"qualtrics.{name}"
        return self._behaviour.get(key, SWITCHES[key][0])
