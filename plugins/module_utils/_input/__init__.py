# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This file is private to the collection.
"""What a task is given: argument specs, and checks of the values.

Every module imports this package first, so that a Python that is too old is named before anything that it cannot read.
"""

from ansible_collections.snow_ops.spokes.plugins.module_utils import _python  # noqa: F401
