# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The login to a ServiceNow instance."""

from __future__ import annotations


class ModuleDocFragment:
    """Documentation that modules share."""

    DOCUMENTATION = r"""
options:
  instance:
    description:
      - The ServiceNow instance and the login to it, with the option names and environment variables of the
        C(servicenow.itsm) collection.
      - Give one of - user and password; user, password and OAuth client; an OAuth client alone; an access token; an API
        key; a client certificate.
    type: dict
    suboptions:
      host:
        description:
          - The instance, as a name (V(acmedev)), a host name (V(acmedev.service-now.com)) or a URL.
          - If not set, the value of the environment variable E(SN_HOST) is used.
        type: str
      username:
        description:
          - The user's name.
          - If not set, the value of the environment variable E(SN_USERNAME) is used.
        type: str
      password:
        description:
          - The user's password.
          - If not set, the value of the environment variable E(SN_PASSWORD) is used.
        type: str
      api_path:
        description:
          - The path of the instance's API. Only V(api/now) works; the option is there so that a dictionary of the
            C(servicenow.itsm) collection can be used as it is.
        version_added: 1.0.0
        type: str
        default: api/now
      grant_type:
        description:
          - The OAuth grant to get an access token with. If not set but O(instance.client_id) and
            O(instance.client_secret) are, it is V(password). V(password) without a client means Basic authentication,
            as in the C(servicenow.itsm) collection.
          - If not set, the value of the environment variable E(SN_GRANT_TYPE) is used.
        type: str
        choices: [password, refresh_token, client_credentials]
      client_id:
        description:
          - The id of an OAuth client on the instance.
          - If not set, the value of the environment variable E(SN_CLIENT_ID) is used.
        type: str
      client_secret:
        description:
          - The secret of O(instance.client_id).
          - If not set, the value of the environment variable E(SN_CLIENT_SECRET) is used.
        type: str
      refresh_token:
        description:
          - The refresh token for O(instance.grant_type=refresh_token).
          - If not set, the value of the environment variable E(SN_REFRESH_TOKEN) is used.
        type: str
      access_token:
        description:
          - An access token from elsewhere. It is used as it is and not renewed.
          - If not set, the value of the environment variable E(SN_ACCESS_TOKEN) is used.
        type: str
      api_key:
        description:
          - An API key, sent as C(x-sn-apikey). The instance needs an API access policy for the Table API.
          - If not set, the value of the environment variable E(SN_API_KEY) is used.
        type: str
      client_certificate_file:
        description:
          - The PEM file of a client certificate, for instances that map certificates to users.
          - If not set, the value of the environment variable E(SN_CLIENT_CERTIFICATE_FILE) is used.
        type: path
      client_key_file:
        description:
          - The PEM file of the key of O(instance.client_certificate_file).
          - If not set, the value of the environment variable E(SN_CLIENT_KEY_FILE) is used.
        type: path
      custom_headers:
        description:
          - Headers to send with every request, such as those that a gateway in between requires. Their values are
            treated as secrets, and masked wherever they appear in a result; a value that is also a common word, such as
            V(prod), makes results hard to read.
        type: dict
      timeout:
        description:
          - Seconds to wait for an answer. The default is more than the 60 seconds after which an instance cancels a
            transaction; a shorter time gives up on writes that may still be carried out.
          - If not set, the value of the environment variable E(SN_TIMEOUT) is used.
        type: float
        default: 75
      validate_certs:
        description: Whether to check the server's TLS certificate.
        type: bool
        default: true
      ca_path:
        description:
          - A PEM file with the certificate authorities to trust, or a folder of them that C(openssl rehash) has
            prepared. They take the place of those that come with the Python library C(requests) (its package
            C(certifi)), which knows no company's own authority.
          - The authorities that the operating system trusts are used only if their file is named, such as
            V(/etc/pki/tls/certs/ca-bundle.crt) or V(/etc/ssl/certs/ca-certificates.crt).
          - If not set, the environment variable E(REQUESTS_CA_BUNDLE), else E(CURL_CA_BUNDLE), does the same for all
            tasks.
          - Python 3.13 and later refuse certificates that lack extensions which RFC 5280 demands, such as the Authority
            Key Identifier.
        type: path
      proxy:
        description:
          - The URL of a proxy, such as V(http://proxy.example.com:3128). In a login before an C(@), write other
            characters than letters and digits with percent signs. A login that the proxy refuses is not tried again.
          - It goes before the environment variables E(HTTPS_PROXY) (else E(ALL_PROXY)) and E(NO_PROXY), which name a
            proxy for all tasks and the hosts that are reached without it. The proxies that macOS has in its settings
            are not used.
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
    description: Use C(group/snow_ops.spokes.servicenow) in C(module_defaults) to set options for all modules that take
      an instance.
    support: full
    membership:
      - snow_ops.spokes.servicenow
      - snow_ops.spokes.spokes
requirements:
  - python >= 3.9
  - requests >= 2.32.4
"""
