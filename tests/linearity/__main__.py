"""Without pytest: `PYTHONPATH=functions python -m tests.linearity [--thorough] [REGEX]`; exits with 1 for a find."""

from __future__ import annotations

import re
import sys

from tests.linearity.check import all_ways, worse
from tests.linearity.fed import neither
from tests.linearity.inventory import taking_text

thorough = "--thorough" in sys.argv
wanted = next((argument for argument in sys.argv[1:] if not argument.startswith("--")), "")
lines = [f"{name}: neither fed nor excused" for name in neither(taking_text())]
for name, feed in all_ways():
    if re.search(wanted, name):
        lines += [f"{name}: {found}"] if (found := worse(name, feed, thorough=thorough)) else []
sys.stdout.writelines(f"{line}\n" for line in lines)
sys.exit(bool(lines))
