"""`python3 tools/record_texts.py`: record what the functions' starts compile out of text, in tools/texts/.

Run it on Linux x86-64 with the Pythons of both targets at hand, after changing tools/locks/; a regular expression that
is not recorded is compiled at every start, as it would be anyway.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from shipping import ShippingError
from shipping.beforehand import TEXTS, texts_path
from shipping.bytecode import find_interpreter
from shipping.package import build, packages
from shipping.target import TARGETS

ROOT = Path(__file__).resolve().parent.parent
PROGRAM = ROOT / "tools" / "shipping" / "record.py"
MODULES = {
    "conversation": ("conversation.index", "conversation.http1", "ssl"),
    "reply": ("reply.index", "reply.llm.chat", "requests"),
}
"""What a start imports, first to last."""


def main() -> int:
    """Record; returns the exit code."""
    TEXTS.mkdir(exist_ok=True)
    try:
        with tempfile.TemporaryDirectory() as output:
            for target in TARGETS:
                interpreter = find_interpreter(target)
                if not interpreter:
                    raise ShippingError(f"no Python {target.minor} was found here")
                for package in packages(fc2=False, oss2=False):
                    built = build(package, target, ROOT / "functions", Path(output), interpreter)
                    texts = recorded(built.folder, interpreter, package.name)
                    path = texts_path(target, package.name)
                    path.write_text(json.dumps(texts, indent=0) + "\n", encoding="utf-8")
                    print(f"{path.relative_to(ROOT)}: {', '.join(f'{len(v)} {k}' for k, v in texts.items())}")
    except ShippingError as problem:
        print(f"record_texts: {problem}", file=sys.stderr)
        return 1
    return 0


def recorded(folder: Path, interpreter: list[str], package: str) -> dict[str, list[object]]:
    """What is compiled out of text when the package in `folder` starts. Raises ShippingError."""
    command = [*interpreter, "-I", "-S", "-B", str(PROGRAM), str(folder), *MODULES[package]]
    environment = {**os.environ, "PYTHONHASHSEED": "0"}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    if done.returncode:
        raise ShippingError(f"{folder.name} cannot be imported: {done.stderr.strip().splitlines()[-1]}")
    texts: dict[str, list[object]] = json.loads(done.stdout)
    return texts


if __name__ == "__main__":
    sys.exit(main())
