# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This file is private to the collection.
"""The SHA-256 of the setup endpoint's scripts, now and in earlier releases. Made by tools/endpoint_digests.py; do not edit."""

from __future__ import annotations

VERSION = "2"
CURRENT = {
    "POST /configure": "14b846b3e8fc13e5c6346ead65b0d74abf0a9e2330e73de0acb5690081b02bd6",
    "POST /state": "f32fc8536ab8985d09fbcf693e2a41c9c890ee8d76f21c6ce1fb2a3c54a5c76b",
    "POST /test": "3bbd135156d4d5412a64e24d6f7ba13f2b945a84bd64d092897aa552ef2247cd",
    "POST /token": "45e766ece8d1090f3788c13ba8e57efc9ecf3f800ba38e1304ff5b62b4d25cc3",
    "POST /update": "1cd6393770a0751594ece3a9200f48b959ac8285d248e4dd1115ba5137f7d8b0",
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
