# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The Qualtrics account and how to reach it."""

from __future__ import annotations


class ModuleDocFragment:
    """Documentation that modules share."""

    DOCUMENTATION = r"""
options:
  api_token:
    description:
      - The API token of a user with the permission "Access API" (Account Settings > Qualtrics IDs > API).
      - If not set, the value of the environment variable E(QUALTRICS_API_TOKEN) is used.
    type: str
  client_id:
    description:
      - The Client ID of an OAuth client.
      - If not set, the value of the environment variable E(QUALTRICS_CLIENT_ID) is used.
    type: str
  client_secret:
    description:
      - The Client Secret.
      - If not set, the value of the environment variable E(QUALTRICS_CLIENT_SECRET) is used.
    type: str
  scopes:
    description: The scopes to ask for with O(client_id), which the client has to be granted.
    type: list
    elements: str
    default: ["manage:all"]
  token_url:
    description: The token endpoint, if it is not C(https://<datacenter_id>.qualtrics.com/oauth2/token).
    type: str
  organization_id:
    description:
      - The Organization ID that the credentials must belong to; the task fails if they do not.
      - An address as the browser shows it, such as V(https://acme.fra1.qualtrics.com), works too; the datacenter in it
        is used as well.
      - If not set, the value of the environment variable E(QUALTRICS_ORGANIZATION_ID) is used.
    type: str
  datacenter_id:
    description:
      - The Datacenter ID, such as V(fra1). An address such as V(fra1.qualtrics.com) will do.
      - If not set, the value of the environment variable E(QUALTRICS_DATACENTER_ID) is used.
    type: str
  timeout:
    description: Seconds to wait for an answer, up to 3600.
    type: float
    default: 75
  validate_certs:
    description: Whether to check the server's TLS certificate.
    type: bool
    default: true
  ca_path:
    description:
      - A PEM file with the certificate authorities to trust, or a folder of them that C(openssl rehash) has prepared.
        They take the place of those that come with the Python library C(requests) (its package C(certifi)), which knows
        no company's own authority.
      - The authorities that the operating system trusts are used only if their file is named, such as
        V(/etc/pki/tls/certs/ca-bundle.crt) or V(/etc/ssl/certs/ca-certificates.crt).
      - If not set, the environment variable E(REQUESTS_CA_BUNDLE), else E(CURL_CA_BUNDLE), does the same for all tasks.
      - Python 3.13 and later refuse certificates that lack extensions which RFC 5280 demands, such as the Authority Key
        Identifier.
    type: path
  proxy:
    description:
      - The URL of a proxy, such as V(http://proxy.example.com:3128). In a login before an C(@), write other characters
        than letters and digits with percent signs. A login that the proxy refuses is not tried again.
      - It goes before the environment variables E(HTTPS_PROXY) (else E(ALL_PROXY)) and E(NO_PROXY), which name a proxy
        for all tasks and the hosts that are reached without it. The proxies that macOS has in its settings are not
        used.
      - A SOCKS proxy (V(socks5h://...)) needs the Python library PySocks.
    type: str
  variable_names:
    description:
      - For roles - the name of a variable that says how messages call the options of this task, so that users of a role
        read of the variables that they know. It is a dictionary, in which a key is what a message says, and its value
        what is said instead.
    version_added: 1.0.0
    type: str
attributes:
  action_group:
    description: Use C(group/snow_ops.spokes.qualtrics) in C(module_defaults) to set options for all modules that call
      Qualtrics.
    support: full
    membership:
      - snow_ops.spokes.qualtrics
requirements:
  - python >= 3.9
  - requests >= 2.32.4
"""

    CONNECTION_URL = r"""
options:
  connection_url:
    description:
      - The Connection URL that is entered in ServiceNow, if it is not the documented
        C(https://<organization_id>.qualtrics.com/API/v3).
      - It is tried out. Where Qualtrics proxies calls to the documented one, or refuses OAuth tokens there, a warning
        proposes C(https://<organization_id>.<datacenter_id>.qualtrics.com/API/v3).
      - A host name without scheme and path will do. The task fails if it leads to another organization.
    version_added: 1.0.0
    type: str
"""

    ONCE_PER_PLAY = r"""
options:
  once_per_play:
    description:
      - Whether the hosts of a play that give the same options share one answer, since it is about the account and not
        about the host.
      - Only an answer of the last ten minutes that changed nothing, contains no secret and did not fail is shared, and
        a host that asks again asks Qualtrics. Tasks that run as a module process (another connection, C(async),
        C(become)) share nothing.
    version_added: 1.0.0
    type: bool
    default: false
"""
