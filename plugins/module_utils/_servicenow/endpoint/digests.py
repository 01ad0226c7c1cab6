# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This file is private to the collection.
"""The SHA-256 of the setup endpoint's scripts, now and in earlier releases. Made by tools/endpoint_digests.py; do not edit."""

from __future__ import annotations

VERSION = "2"
CURRENT = {
    "POST /configure": "293c0e66019500990c9f96a24b5814b041d1fde59ec3c19186b0b782fc828e48",
    "POST /state": "1249a6decc0baef60b036e730adda692192ff3e4df8b4c887fa97cfa1cb56c13",
    "POST /test": "07434f1a6c6204d58eb770ce5ebfcea20f93490cefe1bd2358fb28ac96cc5c0c",
    "POST /token": "95f6fab3cb7159dcf786f4ec04f394a0780d50574e0af0af1af3bc6edc32927a",
    "POST /update": "d7b4d4debdb88325999d0de72a29c20e559e663e93d6b342dabb79a6dcabd22e",
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
