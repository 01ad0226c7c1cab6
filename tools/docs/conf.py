# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""How Sphinx builds the site; ``make docs`` runs it on what tools/docs/build.py puts together."""

from __future__ import annotations

from typing import Any

project = "snow_ops.spokes"
copyright = "snow_ops contributors, GPL-3.0-or-later"
html_title = "snow_ops.spokes"
html_theme = "furo"
html_static_path = ["static"]
html_css_files = ["site.css"]
html_show_sphinx = False
extensions = ["myst_parser", "sphinx_antsibull_ext"]
source_suffix = {".md": "markdown", ".rst": "restructuredtext"}
exclude_patterns = ["README.md"]
myst_enable_extensions = ["deflist"]
myst_heading_anchors = 4
# What a message says, and an option such as --check, has to be found on a page and copied from it as it is.
smartquotes = False

ANSIBLE = "https://docs.ansible.com/ansible/latest/"
# What leads out of the machine: the pages of Ansible's own documentation that the reference pages refer to. Any other dead link is an error.
ELSEWHERE = {
    "ANSIBLE_CALLBACKS_ENABLED": "reference_appendices/config.html#envvar-ANSIBLE_CALLBACKS_ENABLED",
    "action_plugins": "plugins/action.html",
    "ansible_configuration_settings": "reference_appendices/config.html",
    "callback_plugins": "plugins/callback.html",
    "common_return_values": "reference_appendices/common_return_values.html",
}


def setup(app: Any) -> None:
    """Called by Sphinx."""
    app.connect("missing-reference", _elsewhere)


def _elsewhere(app: Any, env: Any, node: Any, contnode: Any) -> Any:
    """The link for a label that Ansible's documentation has, None for what nobody has."""
    from docutils.nodes import reference

    page = ELSEWHERE.get(node.get("reftarget", ""))
    return reference("", "", contnode, internal=False, refuri=ANSIBLE + page) if page else None
