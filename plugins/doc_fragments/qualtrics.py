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
      - An address as the browser shows it, such as V(https://acme.fra1.qualtrics.com), will do; the datacenter in it is used as well.
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
      - A PEM file with the certificate authorities to trust instead of the system's. The environment variable
        E(REQUESTS_CA_BUNDLE) does the same for all tasks.
    type: path
  proxy:
    description:
      - The URL of an HTTP proxy. The environment variables E(HTTPS_PROXY) and E(NO_PROXY) do the same for all tasks.
    type: str
requirements:
  - requests >= 2.32.4
"""

    CONNECTION_URL = r"""
options:
  connection_url:
    description:
      - The Connection URL that is entered in ServiceNow, if it is not the documented C(https://<organization_id>.qualtrics.com/API/v3).
      - It is tried out. Where Qualtrics proxies calls to the documented one, or refuses OAuth tokens there, a warning proposes
        C(https://<organization_id>.<datacenter_id>.qualtrics.com/API/v3).
      - A host name without scheme and path will do. The task fails if it leads to another organization.
    type: str
"""
