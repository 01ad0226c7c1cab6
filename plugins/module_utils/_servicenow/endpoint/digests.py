# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This file is private to the collection.
"""The SHA-256 of the setup endpoint's scripts, now and in earlier releases. Made by tools/endpoint_digests.py; do not edit."""

from __future__ import annotations

VERSION = "2"
CURRENT = {
    "POST /configure": "eae01e532b52c62cd14ece4f09cc4d964ef5fadc47fc01b5483fba6168ed5c61",
    "POST /rotate": "63e2ff73eeb8b7d75e9deb483b1e130f4037cce5d868e93245ff1c7decbd4fd4",
    "POST /state": "5078b38e2ff37954d8b322176539750773e3eae1e3c984c7b9e7839cc2c45c28",
    "POST /test": "57ce78360aca5b1a2ef1166d6256d53e590433d706973762cf886e75b67405ad",
    "POST /token": "1dcfaae7eda3fe6ed363af638d24e5e4180d02ffd6a89c918c5f5e21104deb08",
    "POST /update": "f3e83d55ea7bcdf4d765226e26e39531bd503f75cb461818b49906b6c59a39ef",
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
