"""`make doctor`: look at everything a deployment needs, before or after `s deploy`, and say what to do.

Reads what `s deploy` reads: the environment, .env, s.yaml, config.yml, prompts.yml. Changes nothing: the model is asked
one short question, one empty object is written to the bucket and deleted. Exit code: 0 all is well, 1 there are
problems, 2 it could not run.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path

if not (3, 10) <= sys.version_info[:2] <= (3, 13):
    found = sys.version.split()[0]
    print(f"doctor: Python 3.10 to 3.13 is wanted, this is {found}; run it by: make doctor", file=sys.stderr)
    sys.exit(2)

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "functions"), str(ROOT / "tools")]

try:
    from conversation.settings import Settings
    from doctoring import DoctorError
    from doctoring.checks import examine
    from doctoring.deployment import read_deployment
    from doctoring.env_file import read_env_file
    from doctoring.examination import DINGTALK_API, Examination, Options
    from doctoring.finding import Finding, State, struck_out
    from doctoring.web import Web
    from reply.settings import ReplySettings
    from shared.clock import Clock, SystemClock
    from shared.deployed import Deployed
    from shipping.settings_files import examine as examine_files
except ImportError as missing:
    print(f"doctor: {missing.name or missing} cannot be imported; run it by: make doctor", file=sys.stderr)
    sys.exit(2)


def main(arguments: Sequence[str], environ: Mapping[str, str], clock: Clock | None = None) -> int:
    """Examine, report, and return the exit code."""
    options = parse(arguments)
    try:
        examined = examination(options, environ, clock or SystemClock())
        return report(examined, as_json=options.json)
    except DoctorError as error:
        print(f"doctor: {error}", file=sys.stderr)
    except Exception as defect:  # noqa: BLE001 - a traceback's exit code would say "problems", and its text may hold secrets
        where = traceback.extract_tb(defect.__traceback__)[-1]
        place = f"{Path(where.filename).name}:{where.lineno}"
        print(f"doctor: this is a defect of the doctor: {type(defect).__name__} at {place}; report it", file=sys.stderr)
    return 2


def examination(options: argparse.Namespace, environ: Mapping[str, str], clock: Clock) -> Examination:
    """What is to be examined. Raises DoctorError when it cannot be read."""
    env_file = read_env_file(options.env or options.file.parent / ".env", environ)
    variables = {**environ, **env_file.values}
    deployment = read_deployment(options.file, variables)
    files, wrong = examine_files(options.file.parent)
    deployed = Deployed(files.settings)
    return Examination(
        options=Options(
            offline=options.offline,
            url=options.url,
            client_id=options.client_id,
            dingtalk_api=options.dingtalk_api,
            oss_endpoint=options.oss_endpoint,
            model_seconds=options.model_seconds,
            first_token_seconds=options.first_token_seconds,
        ),
        variables=variables,
        env_file=env_file,
        deployment=deployment,
        files=files,
        wrong_in_files=wrong,
        conversation=Settings.read(deployed.under(deployment.settings("conversation"))),
        reply=ReplySettings.read(deployed.under(deployment.settings("reply"))),
        web=Web.of(environ),
        clock=clock,
        run=lambda command: run(command, environ),
        python=sys.version_info[:3],
    )


def report(examined: Examination, *, as_json: bool) -> int:
    """Print what is found, without any secret; returns the exit code."""
    secrets, findings = examined.secrets, []
    for finding in examine(examined):
        findings.append(finding)
        if not as_json:
            print(struck_out(finding.line, secrets), flush=True)
    counts = {state.value: sum(finding.state is state for finding in findings) for state in State}
    failed = counts["problem"] > 0
    if as_json:
        shown = [finding.as_json(secrets) for finding in findings]
        print(json.dumps({"result": "problems" if failed else "ok", "counts": counts, "findings": shown}, indent=1))
    else:
        _print_again(findings, secrets)
        print(", ".join(f"{count} {name}" for name, count in counts.items()))
    return int(failed)


def _print_again(findings: Sequence[Finding], secrets: Sequence[str]) -> None:
    """The problems once more, after everything else: the report is long."""
    problems = [finding for finding in findings if finding.state is State.PROBLEM]
    if problems:
        print("\nTo be mended:")
        for finding in problems:
            print(struck_out(finding.line, secrets))


def run(command: Sequence[str], environ: Mapping[str, str]) -> str:
    """What a command says. Raises OSError when there is none of that name on the PATH."""
    found = shutil.which(command[0], path=environ.get("PATH", os.defpath))
    if found is None:
        raise FileNotFoundError(command[0])
    try:
        done = subprocess.run(
            [found, *command[1:]], capture_output=True, text=True, check=False, timeout=60, env=environ
        )
    except subprocess.TimeoutExpired:
        return ""
    return done.stdout + done.stderr


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="doctor.py", description="Look at everything a deployment needs and say what to do."
    )
    add = parser.add_argument
    add("--json", action="store_true", help="print one JSON object")
    add("--offline", action="store_true", help="only what needs no network")
    add("--url", default="", help="the address of the deployed conversation, to be asked too")
    add("--file", type=Path, default=ROOT / "s.yaml", help="the deploy file (default: s.yaml)")
    add("--env", type=Path, help="the file with variables (default: .env beside the deploy file)")
    add("--client-id", default="", help="the app's Client ID (AppKey), where only its secret is a setting")
    add("--dingtalk-api", default=DINGTALK_API, help="base address of DingTalk's API (default: %(default)s)")
    add("--oss-endpoint", default="", help="address of OSS (default: the public one of the mount's)")
    add("--model-seconds", type=float, default=20, help="how long to wait for the model (default: %(default)s)")
    add("--first-token-seconds", type=float, default=10, help="what its first word may take (default: %(default)s)")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
