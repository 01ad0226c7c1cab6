# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This file is private to the collection.
"""The SHA-256 of the setup endpoint's scripts, now and in earlier releases.

Made by tools/endpoint_digests.py; do not edit.
"""

from __future__ import annotations

VERSION = "2"
CURRENT = {
    "POST /configure": "076378be9e97b9ce295da9fc553fab4756f4e7839db3ad633b85fe68d783eb2b",
    "POST /rotate": "d526d1830e347ca28eddb8fdda23a23b8372a9b29dc4f71e35b6ccedca7fe3e3",
    "POST /state": "da1ad22d0c2e7533d9789bd8aa4743920e10cf5642c00907debd4ec139cdfc79",
    "POST /test": "ab63c18496c720608edcfa2c5214d9c1292374c9a487ae73120fb0190d98b2ed",
    "POST /token": "7408fdeb421315c7bcb808648ed0d65b64092944f5bc7e367b878d2839357b6a",
    "POST /update": "d0f9ebc29b131f23c3f5d38df4bc7f341996b4dccfa68cad3ff0c6f297903c16",
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
