"""`make forget USER=…`: delete what is stored of one person; first without doing it, then with YES=1.

USER is the staff id, or DingTalk's sender id of somebody from outside the organisation, or the name of their folder.
Works on the bucket of s.yaml with the access key of the shell (ALIBABA_CLOUD_ACCESS_KEY_ID and …_SECRET), or on a
folder: ARGS="--folder .local/oss". Exit code: 0 done, or only shown; 1 something is left; 2 it could not run.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

if not (3, 10) <= sys.version_info[:2] <= (3, 13):
    found = sys.version.split()[0]
    print(f"forget: Python 3.10 to 3.13 is wanted, this is {found}; run it by: make forget", file=sys.stderr)
    sys.exit(2)

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "functions"), str(ROOT / "tools")]

try:
    from doctoring import DoctorError
    from doctoring.deployment import read_deployment
    from doctoring.env_file import read_env_file
    from forgetting import ForgetError
    from forgetting.person import Person
    from forgetting.places import Folder, Objects, Place, region_of
    from forgetting.stored import Search, carry_out
except ImportError as missing:
    print(f"forget: {missing.name or missing} cannot be imported; run it by: make forget", file=sys.stderr)
    sys.exit(2)

_KEYS = (
    ("ALIBABA_CLOUD_ACCESS_KEY_ID", "ALIBABA_CLOUD_ACCESS_KEY_SECRET", "ALIBABA_CLOUD_SECURITY_TOKEN"),
    ("AccessKeyID", "AccessKeySecret", "SecurityToken"),
)


def main(arguments: Sequence[str], environ: Mapping[str, str]) -> int:
    """Look, show, and with --yes do it; returns the exit code."""
    options = _parse(arguments)
    try:
        people = [Person.named(user) for user in options.user or [environ.get("FORGET_USER", "")]]
        place, mount = _place(options, environ)
        left = [
            _forget(Search(place, who, int(time.time() * 1000), mount, options.whole_groups), options) for who in people
        ]
    except (ForgetError, DoctorError) as error:
        print(f"forget: {error}", file=sys.stderr)
        return 2
    return int(any(left))


def _forget(search: Search, options: argparse.Namespace) -> bool:
    """Show and, with --yes, carry out; returns whether anything is left that should not be."""
    changes, who = search.changes(), search.person.id
    for change in changes:
        print(change.line)
    for note in search.notes:
        print(f"note     {note}")
    if not changes:
        print(f"nothing is stored of {who}" + (" but what the notes name" if search.notes else ""))
        return False
    if not options.yes:
        print(f"{_counted(len(changes))} of {who} would go; nothing was changed: run it again with YES=1 (--yes)")
        return False
    failed = carry_out(search.place, changes)
    for sentence in failed:
        print(f"forget: {sentence}", file=sys.stderr)
    again = Search(search.place, search.person, search.now_ms + 1, search.mount, search.whole_groups).changes()
    # An empty folder that a running function still looks into is no trace of anything that was said.
    back = [change for change in again if not change.key.endswith("/")]
    print(f"{_counted(len(changes) - len(failed))} of {who} went")
    if back:
        remedy = "they, or a group that shares one context, are just being answered: run it again"
        print(
            f"forget: {_counted(len(back))} of {who} are there again or still; wanted none; {remedy}", file=sys.stderr
        )
    return bool(failed or back)


def _counted(number: int) -> str:
    return "1 thing" if number == 1 else f"{number} things"


def _place(options: argparse.Namespace, environ: Mapping[str, str]) -> tuple[Place, str]:
    """Where to look, and the mounted folder in it."""
    if options.folder:
        return Folder(options.folder), ""
    variables = {**environ, **read_env_file(options.file.parent / ".env", environ).values}
    key = next((k for k in (_key(variables, names) for names in _KEYS) if k), None)
    if key is None:
        wanted = "ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET of a key that may use the bucket"
        raise ForgetError(f"no key to Alibaba Cloud is at hand; wanted {wanted}, or a folder: --folder; export them")
    mounted = _mounted(options, variables) if not (options.bucket and options.endpoint) else {}
    bucket = options.bucket or mounted.get("bucketName", "")
    endpoint = options.endpoint or mounted.get("endpoint", "").replace("-internal.", ".").replace("http://", "https://")
    region = options.region or region_of(endpoint)
    if not bucket or "$" in bucket or not endpoint or not region:
        found = f"bucket {bucket or 'none'}, endpoint {endpoint or 'none'}, region {region or 'none'}"
        raise ForgetError(f"found {found}; wanted all three; export OSS_BUCKET and REGION, or see --help")
    folder = (options.path if options.path is not None else mounted.get("bucketPath", "")).strip("/")
    return Objects(bucket, endpoint, region, key), f"{folder}/" if folder else ""


def _key(variables: Mapping[str, str], names: tuple[str, str, str]) -> tuple[str, str, str] | None:
    key_id, secret, token = (variables.get(name, "") for name in names)
    return (key_id, secret, token) if key_id and secret else None


def _mounted(options: argparse.Namespace, variables: Mapping[str, str]) -> dict[str, str]:
    """The first mount point of `reply`."""
    mount = read_deployment(options.file, variables).props("reply").get("ossMountConfig")
    points = mount.get("mountPoints") if isinstance(mount, dict) else None
    point = points[0] if isinstance(points, list) and points and isinstance(points[0], dict) else {}
    return {str(name): str(value) for name, value in point.items()}


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="forget.py", description="Delete what is stored of one person.")
    add = parser.add_argument
    add("user", nargs="*", help="staff id, sender id, or name of the person's folder (default: FORGET_USER)")
    add("--yes", action="store_true", help="do it; without this it is only shown")
    add("--whole-groups", action="store_true", help="remove a context that a group shares instead of their turns in it")
    add("--folder", type=Path, help="a mounted bucket, or .local/oss of the local cloud, instead of OSS")
    add("--file", type=Path, default=ROOT / "s.yaml", help="the deploy file (default: s.yaml)")
    add("--bucket", default="", help="the bucket (default: that of the deploy file)")
    add("--endpoint", default="", help="address of OSS (default: the public one of the deploy file's)")
    add("--region", default="", help="the bucket's region (default: as in the endpoint)")
    add("--path", help="the mounted folder of the bucket (default: that of the deploy file)")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
