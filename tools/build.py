"""`python3 tools/build.py`: make build/conversation and build/reply, as folders and as zips, without Docker.

Needs Python 3.10 to 3.13 with pip 22 or newer, on Linux, macOS or Windows; the packages are for FC's Linux x86-64. What
is installed is named with hashes in tools/locks/; which index pip asks is pip's own configuration.
"""

import argparse
import os
import sys
import time
from pathlib import Path

if not (3, 10) <= sys.version_info[:2] <= (3, 13):
    sys.exit(f"build: Python 3.10 to 3.13 is wanted, this is {sys.version.split()[0]}; run it with another python3")

from shipping import ShippingError
from shipping.bytecode import find_interpreter
from shipping.lists import robots_named
from shipping.model_name import model_notes
from shipping.package import Package, build, packages
from shipping.pip import require_pip
from shipping.report import lines, size_text
from shipping.settings_files import COMPILED, NO_FILES, SettingsFiles, read_settings_files, report
from shipping.target import TARGETS, Target, parse_target
from shipping.variables import check_variables

ROOT = Path(__file__).resolve().parent.parent


def main(arguments: list[str]) -> int:
    """Build what `arguments` ask for; returns the exit code."""
    options = _parse(arguments)
    try:
        target = parse_target(options.python)
        chosen = [p for p in packages(fc2=options.fc2, oss2=options.oss2) if options.only in ("", p.name)]
        files = read_settings_files(Path(options.settings))
        check_variables(files, Path(options.settings), os.environ)
        robots = list(robots_named(files, Path(options.settings), os.environ))
        notes = list(model_notes(files, Path(options.settings), os.environ, time.time()))
        build_all(chosen, target, Path(options.output).resolve(), bytecode=not options.no_bytecode, files=files)
        print(*robots, *notes, sep="\n", end="\n" if robots or notes else "")
    except ShippingError as error:
        print(f"build: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        print(
            f"build: {error.filename or 'a file'} cannot be used ({error.strerror}); make room or mend its rights",
            file=sys.stderr,
        )
        return 1
    return 0


def build_all(
    chosen: list[Package], target: Target, output: Path, *, bytecode: bool, files: SettingsFiles = NO_FILES
) -> None:
    """Build `chosen`, and say how large each is. Raises ShippingError; also when one is too large, at the end."""
    if any(package.groups for package in chosen):
        require_pip()
    interpreter = find_interpreter(target) if bytecode else []
    print(f"for FC's {target.runtime}, Linux x86-64, into {output}")
    for line in report(files):
        print(line)
    if not interpreter:
        print(
            f"without bytecode{f', because no Python {target.minor} was found here' if bytecode else ''}: "
            "each cold start of reply takes about 0.5 s more CPU, of conversation 0.03 s, on a whole core"
        )
    too_large = []
    for package in chosen:
        built = build(package, target, ROOT / "functions", output, interpreter, files)
        print("\n".join(lines(built)))
        # How long the deployer's lists are is the deployer's choice.
        if built.size - built.packed.get(COMPILED, 0) > package.budget:
            too_large.append(f"{package.name} has {size_text(built.size)} of at most {size_text(package.budget)}")
    if too_large:
        raise ShippingError(f"{' and '.join(too_large)}; leave something out (tools/shipping/trim.py)")


def _parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="build.py", description="Make the packages of both functions.")
    parser.add_argument("--python", default=TARGETS[0].minor, help="the deployed Python: 3.12 (default) or 3.10")
    parser.add_argument("--output", default=str(ROOT / "build"), help="the folder to build in (default: build)")
    parser.add_argument("--settings", default=str(ROOT), help="where config.yml and prompts.yml are (default: here)")
    parser.add_argument("--only", default="", choices=["conversation", "reply"], help="build one package")
    parser.add_argument("--fc2", action="store_true", help="aliyun-fc2 goes into conversation, for FC 2.0")
    parser.add_argument("--oss2", action="store_true", help="oss2 goes into reply (FC's runtimes bring their own)")
    parser.add_argument("--no-bytecode", action="store_true", help="ship sources only")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
