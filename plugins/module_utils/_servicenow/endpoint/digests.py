# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This file is private to the collection.
"""The SHA-256 of the setup endpoint's scripts, now and in earlier releases. Made by tools/endpoint_digests.py; do not edit."""

from __future__ import annotations

VERSION = "2"
CURRENT = {
    "POST /configure": "73577eeea08b19cd3739d3870f71a68b23a8486a5d07786cda5dd1f388e0e556",
    "POST /state": "8e04dcdf552017f492c0e65992e9643a33e12c4a4bf9e4f112166dfc1d0abcfc",
    "POST /test": "b328bbda510796a84d6463fd4784ee59a6fb0fe62ff6bde0384aa949d95a14fd",
    "POST /token": "03e618bcfc58d033abaadf643c185015bb8198bfa5caae946adcb3097927a218",
    "POST /update": "f8eee6360d828f7000166523efd61e22d27ace8a3dc33a37397e310f1d0b7a94",
}
EARLIER = {
    "1": {
        "POST /configure": "f3d13b6bd0e486746d7edd4cedf6218245a2718f48df5e96b8520a3cf90b2a91",
        "POST /state": "c990dd9c5cbc89f9afdd20c2f48113826a08fa1359115a6f48acff54f4c5d3c3",
        "POST /test": "7fed8e2075d90269cfacfda8324399e383046412652c98eab4a2ceeea8e5244d",
        "POST /token": "1259680a4e7464c67c670eb8322072a333a191cac071bdeff5215d6409c47f62",
        "POST /update": "dc39dc1dbd0d1a336ac770be5ef7a875ca2e188d4f8db61db0d3c70ffb959a16",
    },
}
