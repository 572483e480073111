"""What FC is told about the two functions: sizes, mount, roles, trigger, asynchronous invocation.

Limits: https://www.alibabacloud.com/help/en/functioncompute/fc-2-0/product-overview/limits and the component's schema,
https://github.com/devsapp/fc3/blob/master/src/schema.json .
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeGuard

from doctoring.deployment import FUNCTIONS
from doctoring.examination import Examination
from doctoring.finding import Finding, or_ok, problem, warning

SMALLEST_WITH_MOUNT_MB = 512
RUNTIMES = ("python3.12", "python3.10")
ONLY_310 = ("ap-southeast-1",)
"""Regions without python3.12 (https://www.alibabacloud.com/help/en/fc/user-guide/python)."""
WITHOUT_TASK_MODE = ("cn-huhehaote",)
WEBHOOK_LIFE_S = 5400
"""A session webhook lives 90 minutes."""
SHORTEST_EVENT_AGE_S = 600
"""Younger events are answered; see TOO_LATE_MS of `reply`."""
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
        if not _number(cpu) or not _number(memory) or not _number(disk):
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
    points = _dig(props, "ossMountConfig", "mountPoints")
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
    region = str(props.get("region"))
    if region not in str(point.get("endpoint")):
        found = f"the mount's endpoint is {point.get('endpoint')}, and reply is in {region}"
        wanted = f"http://oss-{region}-internal.aliyuncs.com"
        yield problem("functions.mount", found, wanted, "change endpoint, and have the bucket in that region")
    memory = props.get("memorySize")
    if _number(memory) and memory < SMALLEST_WITH_MOUNT_MB:
        found = f"reply has {memory} MB and a mount, which may then be missing"
        yield problem("functions.mount", found, f"{SMALLEST_WITH_MOUNT_MB} MB or more", "raise memorySize of reply")


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
        elif runtime != "python3.10" and region in ONLY_310:
            found = f"{name} has runtime {runtime}, which {region} does not have"
            yield problem("functions.runtime", found, "python3.10 there", "export RUNTIME=python3.10")
        if region != examined.deployment.props("reply").get("region"):
            yield problem("functions.runtime", f"{name} is in {region}", "both in one region", "correct region")


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


def link(examined: Examination) -> Iterator[Finding]:
    """`conversation` invokes the `reply` that is deployed beside it."""
    named, deployed = examined.conversation.dispatch.function, examined.deployment.props("reply").get("functionName")
    findings = []
    if named != deployed:
        found = f"CHATGPT_FUNCTION is {named!r}, and reply is deployed as {deployed!r}"
        findings.append(problem("functions.link", found, "the same", "write ${resources.reply.props.functionName}"))
    yield from or_ok("functions.link", findings, f"conversation invokes {deployed}")


def asynchronous(examined: Examination) -> Iterator[Finding]:
    """Task mode, retries, age of events, and where failures go."""
    yield from or_ok("functions.async", _asynchronous(examined), "task mode, retries, event age and onFailure fit")


def _asynchronous(examined: Examination) -> Iterator[Finding]:
    props = examined.deployment.props("reply")
    config = props.get("asyncInvokeConfig")
    config = config if isinstance(config, dict) else {}
    yield from _claims(examined, config, str(props.get("region")))
    retries, known = config.get("maxAsyncRetryAttempts"), examined.reply.answer.attempts - 1
    if retries != known:
        found = (
            f"maxAsyncRetryAttempts is {retries if retries is not None else 'unset (3)'}, and ASYNC_RETRIES is {known}"
        )
        remedy = "write the same number in both: the last attempt explains the failure"
        yield problem("functions.async", found, "the same", remedy)
    age = config.get("maxAsyncEventAgeInSeconds")
    if not _number(age) or not SHORTEST_EVENT_AGE_S <= age <= WEBHOOK_LIFE_S:
        found = f"maxAsyncEventAgeInSeconds is {age if age is not None else 'unset'}"
        wanted = f"{SHORTEST_EVENT_AGE_S} to {WEBHOOK_LIFE_S}: a webhook lives no longer"
        yield problem("functions.async", found, wanted, f"write {WEBHOOK_LIFE_S}")
    destination = str(_dig(config, "destinationConfig", "onFailure", "destination") or "")
    if not destination.endswith(f"functions/{props.get('functionName')}"):
        found = f"onFailure leads to {destination or 'nowhere'}: nobody would apologise when FC gives up"
        wanted = f"acs:fc:{props.get('region')}::functions/{props.get('functionName')}"
        yield problem("functions.async", found, wanted, "correct destinationConfig")


def _claims(examined: Examination, config: dict[str, Any], region: str) -> Iterator[Finding]:
    task, claim = config.get("asyncTask") is True, examined.reply.claim.by
    if not task and claim == "task":
        found = "asyncTask is off and CLAIM is task: a redelivered message would be answered twice"
        yield problem("functions.async", found, "one of the two", "write asyncTask: true, or export CLAIM=oss")
    if task and region in WITHOUT_TASK_MODE:
        found = f"asyncTask is on, and {region} has no task mode"
        yield problem("functions.async", found, "CLAIM=oss there", "export CLAIM=oss and remove asyncTask")
    if task and claim == "oss":
        found = "asyncTask is on and CLAIM is oss: each message is claimed twice"
        yield warning("functions.async", found, "one of the two", "leave CLAIM out: task mode costs nothing")


def _number(value: Any) -> TypeGuard[float]:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _dig(value: Any, *path: str) -> Any:
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value
