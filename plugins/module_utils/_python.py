# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This file is private to the collection.
"""Ends a module under a Python that the rest of the collection cannot run under, with a sentence in place of a
traceback.

This file and the modules, which import it before the rest of the collection, have to be readable for Python 3.6, the
oldest that ansible-core 2.16 manages.
"""

import json
import sys
from typing import Any

OLDEST = (3, 9)


def check_python(version: "tuple[Any, ...]", executable: str) -> "dict[str, Any] | None":
    """The result of a task that cannot run under ``version``, None where it can."""
    if tuple(version[:2]) >= OLDEST:
        return None
    message = (
        "The Python %d.%d at %s is too old: snow_ops.spokes needs Python %d.%d or later where its tasks run. Set "
        "ansible_python_interpreter to a later one, or run the task on the controller (delegate_to: localhost)."
    )
    return {"failed": True, "msg": message % (version[0], version[1], executable, OLDEST[0], OLDEST[1])}


_refusal = check_python(sys.version_info, sys.executable)
if _refusal:
    # As ansible.module_utils.basic itself does: there is no AnsibleModule yet.
    sys.stdout.write(json.dumps(_refusal) + "\n")
    raise SystemExit(1)
