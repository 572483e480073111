"""`python3 tools/compile_settings.py FOLDER FILE`: what the build would deploy of FOLDER's settings files, as one file.

The local cloud reads that file; `FILE -` only checks. `--shipped` compiles prompts.example.yml into the templates that
ship with the code.
"""

import json
import sys
from pathlib import Path

from shipping import ShippingError
from shipping.prompts_file import read_prompts
from shipping.settings_files import read_settings_files, report
from shipping.yaml_lines import Problem

ROOT = Path(__file__).resolve().parent.parent
SHIPPED = ROOT / "functions" / "conversation" / "prompts.json"


def main(arguments: list[str]) -> int:
    """Compile; returns the exit code. Every problem of the files is a line on the error output."""
    try:
        if arguments == ["--shipped"]:
            SHIPPED.write_text(shipped(), encoding="utf-8", newline="\n")
            return 0
        folder, output = arguments
        files = read_settings_files(Path(folder))
    except ShippingError as error:
        print(f"settings: {error}", file=sys.stderr)
        return 1
    except ValueError:
        print("settings: wanted a folder and a file to write, or --shipped", file=sys.stderr)
        return 2
    print("\n".join(report(files)))
    if output != "-":
        Path(output).write_text(files.compiled() or "{}\n", encoding="utf-8", newline="\n")
    return 0


def shipped() -> str:
    """What prompts.json has to be. Raises ShippingError."""
    sys.path.append(str(ROOT / "functions"))
    problems: list[Problem] = []
    prompts = read_prompts(ROOT / "prompts.example.yml", problems)
    if problems:
        raise ShippingError("; ".join(map(str, problems)))
    return json.dumps([prompt.row for prompt in prompts], ensure_ascii=False, indent=1) + "\n"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
