"""`python -m local`: the product on this machine, with a page to talk to it."""

import importlib.util
import sys

NEEDED = ("aiohttp", "openai", "requests", "alibabacloud_tea_openapi")


def problem() -> str:
    """Return one sentence on what this Python lacks, "" when nothing."""
    if not (3, 10) <= sys.version_info[:2] <= (3, 13):
        found = ".".join(str(part) for part in sys.version_info[:3])
        return f"this is Python {found}; 3.10 to 3.13 are supported, so start it with one of those"
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
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
