"""`python -m local`: the product on this machine, with a page to talk to it."""

import importlib.util
import sys
from pathlib import Path

NEEDED = ("aiohttp", "requests")
OF_THE_FUNCTIONS = ("openai", "oss2") if Path(__file__).parent.with_name("functions").is_dir() else ()


def problem() -> str:
    """Return one sentence on what this Python lacks, "" when nothing."""
    if not (3, 10) <= sys.version_info[:2] <= (3, 13):
        found = ".".join(str(part) for part in sys.version_info[:3])
        return f"this is Python {found}; 3.10 to 3.13 are supported, so start it with one of those"
    missing = [name for name in (*NEEDED, *OF_THE_FUNCTIONS) if importlib.util.find_spec(name) is None]
    if missing:
        return f"not installed: {', '.join(missing)}; run `make run`, or `pip install -r requirements.txt` before"
    return ""


if __name__ == "__main__":
    lack = problem()
    if lack:
        print(f"python -m local: {lack}", file=sys.stderr)
        sys.exit(2)
    from local.cli import main

    sys.exit(main(sys.argv[1:]))
