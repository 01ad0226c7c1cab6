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
  organization_id:
    description:
      - The Organization ID that the credentials must belong to; the task fails if they do not.
      - If not set, the value of the environment variable E(QUALTRICS_ORGANIZATION_ID) is used.
    type: str
  datacenter_id:
    description:
      - The Datacenter ID, such as V(fra1).
      - If not set, the value of the environment variable E(QUALTRICS_DATACENTER_ID) is used.
    type: str
  timeout:
    description: Seconds to wait for an answer.
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
  - requests >= 2.31
"""
