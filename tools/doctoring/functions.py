"""What FC is told about the two functions: sizes, mount, logs, roles, runtime, trigger.

Limits: https://www.alibabacloud.com/help/en/functioncompute/fc-2-0/product-overview/limits and the component's schema,
https://github.com/devsapp/fc3/blob/master/src/schema.json .
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeGuard

from doctoring import regions
from doctoring.deployment import FUNCTIONS
from doctoring.examination import Examination
from doctoring.finding import Finding, or_ok, problem

SMALLEST_WITH_MOUNT_MB = 512
RUNTIMES = ("python3.12", "python3.10")
NEEDED_METHODS = ("GET", "HEAD", "POST")


def sizes(examined: Examination) -> Iterator[Finding]:
    """Core, memory, disk, as FC takes them together."""
    told = ", ".join(
        f"{name} {props.get('cpu')} core / {props.get('memorySize')} MB"
        for name in FUNCTIONS
        if (props := examined.deployment.props(name))
    )
    yield from or_ok("functions.sizes", _sizes(examined), told)


def _sizes(examined: Examination) -> Iterator[Finding]:
    for name in FUNCTIONS:
        props = examined.deployment.props(name)
        cpu, memory, disk = (props.get(key) for key in ("cpu", "memorySize", "diskSize"))
        if not is_number(cpu) or not is_number(memory) or not is_number(disk):
            found = f"{name} does not say cpu, memorySize and diskSize, all three, as numbers"
            yield problem("functions.sizes", found, "all three", "see s.yaml in git; the server's defaults differ")
            continue
        if memory % 64 or not 128 <= memory <= 32768:
            yield problem(
                "functions.sizes", f"{name} has {memory} MB", "128 to 32768 in steps of 64", "change memorySize"
            )
        if not 0.05 <= cpu <= 16 or round(cpu * 100) % 5:
            yield problem("functions.sizes", f"{name} has {cpu} core", "0.05 to 16 in steps of 0.05", "change cpu")
        elif not 1 <= memory / 1024 / cpu <= 4:
            low, high = memory / 1024 / 4, memory / 1024
            wanted = f"1 to 4 GB of memory for each core: {low:g} to {high:g} core with {memory} MB"
            yield problem(
                "functions.sizes", f"{name} has {cpu} core and {memory} MB", wanted, "change cpu or memorySize"
            )
        if disk not in (512, 10240):
            yield problem("functions.sizes", f"{name} has a disk of {disk} MB", "512 or 10240", "change diskSize")


def mount(examined: Examination) -> Iterator[Finding]:
    """The bucket under `reply`."""
    yield from or_ok("functions.mount", _mount(examined), "the bucket is mounted where reply looks for it")


def _mount(examined: Examination) -> Iterator[Finding]:
    props = examined.deployment.props("reply")
    points = dig(props, "ossMountConfig", "mountPoints")
    if not isinstance(points, list) or not points or not isinstance(points[0], dict):
        yield problem("functions.mount", "reply has no mount point", "one", "see ossMountConfig of s.yaml in git")
        return
    point, path = points[0], examined.reply.mount
    if point.get("mountDir") != path:
        found = f"the bucket is mounted at {point.get('mountDir')}, and OSS_MOUNT_POINT is {path}"
        yield problem("functions.mount", found, "the same", "let OSS_MOUNT_POINT be mountDir")
    if point.get("readOnly"):
        yield problem(
            "functions.mount", "the mount is read-only", "readOnly: false", "change it: reply remembers there"
        )
    variables = examined.deployment.variables("reply")
    bucket, told = str(point.get("bucketName") or ""), str(variables.get("OSS_BUCKET") or "")
    if not point.get("bucketName") and point.get("bucketName") is not None:
        return  # its variable is not set: file.variables says so
    if not bucket or (told and told != bucket):
        found = f"the mounted bucket is {bucket or 'not named'}, and OSS_BUCKET of reply is {told}"
        yield problem("functions.mount", found, "the same", "write ${vars.bucket} for both")
    region = str(props.get("region"))
    if region not in str(point.get("endpoint")):
        found = f"the mount's endpoint is {point.get('endpoint')}, and reply is in {region}"
        wanted = f"http://oss-{region}-internal.aliyuncs.com"
        yield problem("functions.mount", found, wanted, "change endpoint, and have the bucket in that region")
    memory = props.get("memorySize")
    if is_number(memory) and memory < SMALLEST_WITH_MOUNT_MB:
        found = f"reply has {memory} MB and a mount, which may then be missing"
        yield problem("functions.mount", found, f"{SMALLEST_WITH_MOUNT_MB} MB or more", "raise memorySize of reply")


def logs(examined: Examination) -> Iterator[Finding]:
    """What the functions write is kept: without a log project nobody can find a message again."""
    yield from or_ok("functions.logs", _logs(examined), "the lines of both functions are kept")


def _logs(examined: Examination) -> Iterator[Finding]:
    for name in FUNCTIONS:
        told = examined.deployment.props(name).get("logConfig")
        if told == "auto" or (isinstance(told, dict) and told.get("project") and told.get("logstore")):
            continue
        found = f"{name} has no logConfig" if told is None else f"logConfig of {name} names no project and logstore"
        wanted = "auto, or a project and a logstore"
        yield problem("functions.logs", found, wanted, "write logConfig: auto; without it every line is lost")


def internet(examined: Examination) -> Iterator[Finding]:
    """Both functions may call out: `conversation` FC, `reply` the model and DingTalk."""
    yield from or_ok("functions.internet", _internet(examined), "both functions may call out")


def _internet(examined: Examination) -> Iterator[Finding]:
    for name in FUNCTIONS:
        if examined.deployment.props(name).get("internetAccess") is False:
            found = f"internetAccess of {name} is false: it could reach nobody outside its own network"
            yield problem("functions.internet", found, "true", "write internetAccess: true")


def roles(examined: Examination) -> Iterator[Finding]:
    """Each function has a role of its own; without one the component silently takes a powerful one."""
    yield from or_ok("functions.roles", _roles(examined), "both functions have a role")


def _roles(examined: Examination) -> Iterator[Finding]:
    account = examined.variables.get("ACCOUNT_ID", "")
    for name in FUNCTIONS:
        role = str(examined.deployment.props(name).get("role") or "")
        if not role:
            found = f"{name} has no role: the component would take AliyunFcDefaultRole, which may do far more"
            yield problem("functions.roles", found, "a role", "see docs/ram/README.md")
        elif role.startswith("acs:") and account and f"::{account}:" not in role:
            yield problem("functions.roles", f"{name} has a role of another account", account, "correct role")


def runtimes(examined: Examination) -> Iterator[Finding]:
    """A Python that is built for, and that the region has."""
    props = examined.deployment.props("reply")
    told = f"{props.get('runtime')} in {props.get('region')}"
    yield from or_ok("functions.runtime", _runtimes(examined), told)


def _runtimes(examined: Examination) -> Iterator[Finding]:
    for name in FUNCTIONS:
        props = examined.deployment.props(name)
        runtime, region = props.get("runtime"), props.get("region")
        if runtime not in RUNTIMES:
            found = f"{name} has runtime {runtime}"
            yield problem("functions.runtime", found, " or ".join(RUNTIMES), "export RUNTIME=python3.12")
        elif runtime != "python3.10" and region not in regions.WITH_PYTHON_312.split():
            found = f"{name} has runtime {runtime}, which {region} is not documented to have"
            yield problem("functions.runtime", found, "python3.10 there", "export RUNTIME=python3.10")
        if region != examined.deployment.props("reply").get("region"):
            yield problem("functions.runtime", f"{name} is in {region}", "both in one region", "correct region")
    if examined.deployment.props("reply").get("runtime") == "python3.10":
        yield from _old_oss2(examined)


def _old_oss2(examined: Examination) -> Iterator[Finding]:
    """FC's python3.10 brings an oss2 of 2018, whose signatures new accounts and buckets refuse."""
    wanting = {"CLAIM=oss": examined.reply.claim == "oss", "ADMIN_EXPORT=on": examined.reply.exports.allowed}
    names = " and ".join(name for name, wants in wanting.items() if wants)
    if names and "--oss2" not in str(examined.deployment.content.get("actions") or ""):
        found = f"{names} with python3.10, whose oss2 is too old for new accounts and new buckets"
        remedy = "add --oss2 behind tools/build.py in s.yaml"
        yield problem("functions.runtime", found, "an oss2 that is brought along", remedy)


def trigger(examined: Examination) -> Iterator[Finding]:
    """The HTTP trigger that DingTalk calls."""
    yield from or_ok("functions.trigger", _trigger(examined), "DingTalk may call conversation")


def _trigger(examined: Examination) -> Iterator[Finding]:
    triggers = examined.deployment.props("conversation").get("triggers") or []
    http = [t for t in triggers if isinstance(t, dict) and t.get("triggerType") == "http"]
    if not http:
        yield problem("functions.trigger", "conversation has no HTTP trigger", "one", "see triggers of s.yaml in git")
        return
    config = http[0].get("triggerConfig") or {}
    if config.get("authType") != "anonymous":
        found = f"the trigger's authType is {config.get('authType')}: FC would refuse DingTalk's calls"
        remedy = "write authType: anonymous; the function checks DingTalk's own signature"
        yield problem("functions.trigger", found, "anonymous", remedy)
    missing = [method for method in NEEDED_METHODS if method not in (config.get("methods") or ())]
    if missing:
        found = f"the trigger does not take {', '.join(missing)}"
        yield problem("functions.trigger", found, ", ".join(NEEDED_METHODS), "add them to methods")
    if config.get("disableURLInternet"):
        found = "disableURLInternet is on: the address answers 403"
        yield problem("functions.trigger", found, "false", "write disableURLInternet: false")


def is_number(value: Any) -> TypeGuard[float]:
    """Whether it is a number: in YAML `on` and `yes` are none."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def dig(value: Any, *path: str) -> Any:
    """What is at that path, None where it ends before."""
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value
