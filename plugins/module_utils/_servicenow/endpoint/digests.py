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
    "POST /configure": "73577eeea08b19cd3739d3870f71a68b23a8486a5d07786cda5dd1f388e0e556",
    "POST /rotate": "0c4fdcf21f7b80ae50ca1463c4b8ff306a7f4ae79e3e625d9d48f003cd602bc5",
    "POST /state": "8e04dcdf552017f492c0e65992e9643a33e12c4a4bf9e4f112166dfc1d0abcfc",
    "POST /test": "dbf1b3a995af82c13952757fe48e592449b3013aee9b82bbe9a1222a7a8f6450",
    "POST /token": "fd2d249c0039d9f24c78a8a8d65fc9fc79a725ddad1738cef38e6903b87bdd34",
    "POST /update": "a0b5425a57c7eabd2e0b35ed6ea70e04ee1098955c2d4795e640617300f29bd1",
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
