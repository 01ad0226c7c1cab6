# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""Server-side JavaScript: an embedded engine, held to the ES5 that the platform runs, with stand-ins for the Glide classes.

The stand-ins' JavaScript halves are in `prelude`; what they ask of the instance is in the modules here.
"""

from __future__ import annotations
