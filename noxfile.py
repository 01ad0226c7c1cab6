# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""The checks that the collections of the Ansible community share: ``make nox``. antsibull-nox.toml says which."""

from __future__ import annotations

from antsibull_nox import load_antsibull_nox_toml

load_antsibull_nox_toml()
