"""The doctor: a deployment in which all is well has no finding, and each mistake is found by name, with a remedy."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest

import doctor
from doctoring import machine
from doctoring.checks import CHECKS, examine
from doctoring.deploy_file import ENVIRONMENT_LIMIT
from doctoring.reach import is_reachable
from local.cloud import LocalCloud, Options, Reply, failing
from shared.clock import SystemClock
from tests.tools.deployer import CLIENT_ID, CLOSED, KEY, ROOT, SECRET, Deployer, StandIn, standing_in

IDS = [name for check in CHECKS for name in check.ids]
NETWORK = [name for check in CHECKS if check.network for name in check.ids]


@pytest.fixture(scope="module")
def deployed() -> Iterator[LocalCloud]:
    """What was deployed with the deployer's secret."""
    with LocalCloud(Options(secret=SECRET, language="en")) as cloud:
        yield cloud


@pytest.fixture
def dingtalk() -> Iterator[StandIn]:
    """DingTalk's API."""
    with standing_in() as server:
        yield server


@pytest.fixture
def deployer(tmp_path: Path, deployed: LocalCloud, dingtalk: StandIn) -> Iterator[Deployer]:
    """Somebody who has done everything right so far."""
    yield Deployer.make(tmp_path, deployed, dingtalk)
    deployed.reset()


class OffClock(SystemClock):
    """A machine whose clock is some seconds off."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    def now(self) -> float:
        return super().now() + self._seconds


def test_all_is_well(deployer: Deployer, deployed: LocalCloud) -> None:
    """Every check has one line and says ok, the exit code is 0; nothing is left on the bucket, no message was sent."""
    report = deployer.examine()
    assert report.wrong() == {}
    assert [finding["check"] for finding in report.findings] == IDS
    assert {finding["state"] for finding in report.findings} == {"ok"}
    assert report.code == 0
    assert deployed.oss.objects == {}
    assert [invocation.how for invocation in deployed.invocations()] == ["trigger"] * 4
    assert [request.body["messages"][-1]["role"] for request in deployed.model.requests] == ["user"]


def test_settings_files_are_examined(deployer: Deployer) -> None:
    """Every mistake with its line, what is left out, and settings of the file under those of the environment."""
    config = deployer.folder / "config.yml"
    config.write_text("modle: x\nport: 8090\nhistory_length: 3\nchat_type: 7\n", encoding="utf-8")
    (deployer.folder / "prompts.yml").write_text("- title: none", encoding="utf-8")
    findings = [finding for finding in deployer.examine("--offline").findings if finding["check"] == "settings.files"]
    assert [(finding["state"], finding["found"].split(":")[0]) for finding in findings] == [
        ("problem", "config.yml line 1"),
        ("problem", "config.yml line 4"),
        ("problem", "prompts.yml line 1"),
        ("warning", "config.yml line 2"),
    ]
    assert all(finding["remedy"] for finding in findings)
    (deployer.folder / "prompts.yml").unlink()
    config.write_text("timeout: 170", encoding="utf-8")
    assert "settings.times" in deployer.examine("--offline").wrong()


def test_what_only_looks_different_is_none(deployer: Deployer) -> None:
    """An older bot's ENDPOINT means the model to reply alone, and a settings file is under both environments."""
    deployer.edit("        MODEL: ${env", "        ENDPOINT: https://api.example\n        MODEL: ${env")
    (deployer.folder / "config.yml").write_text("default_mode: 串聊", encoding="utf-8")
    deployer.edit("DEFAULT_MODE: ${env('DEFAULT_MODE', '')} # this", "DEFAULT_MODE: 串聊 # this")
    assert "settings.both" not in deployer.examine("--offline").wrong()


def test_python310_with_an_oss2_that_is_brought_along(deployer: Deployer) -> None:
    """--oss2 in the build is what is asked for."""
    deployer.variables |= {"RUNTIME": "python3.10", "CLAIM": "oss"}
    deployer.edit("tools/build.py --python", "tools/build.py --oss2 --python")
    assert "functions.runtime" not in deployer.examine("--offline").wrong()


def test_one_line_each(deployer: Deployer) -> None:
    """Without --json each finding is one line: its state, its name, what was found; problems again; a count."""
    deployer.variables["TIMEOUT"] = "170"
    code, out, _ = deployer.said("--offline")
    report, again = out.split("\nTo be mended:\n")
    lines, last = report.splitlines(), again.splitlines()[-1]
    assert [line.split()[1] for line in lines] == IDS
    assert [line.split()[0] for line in lines if line.split()[1] in NETWORK] == ["skipped"] * len(NETWORK)
    (wrong,) = [line for line in lines if line.startswith("problem")]
    assert "settings.times" in wrong
    assert again.splitlines()[:-1] == [wrong]
    assert "; wanted at least 210 s; to do: " in wrong
    assert last == f"{len(IDS) - len(NETWORK) - 1} ok, 0 warning, 1 problem, {len(NETWORK)} skipped"
    assert code == 1


def test_offline_calls_nobody(deployer: Deployer, deployed: LocalCloud) -> None:
    """--offline is content with what needs no network."""
    report = deployer.examine("--offline")
    assert report.code == 0
    assert deployed.invocations() == []
    assert deployed.model.requests == []


def variable(**variables: str) -> Callable[[Deployer], None]:
    return lambda deployer: deployer.variables.update(variables)


def without(name: str) -> Callable[[Deployer], None]:
    return lambda deployer: deployer.variables.pop(name) and None


def line(old: str, new: str) -> Callable[[Deployer], None]:
    return lambda deployer: deployer.edit(old, new)


def env_file(text: str, *instead_of: str) -> Callable[[Deployer], None]:
    def write(deployer: Deployer) -> None:
        (deployer.folder / ".env").write_text(text, encoding="utf-8")
        for name in instead_of:
            del deployer.variables[name]

    return write


def no_command(name: str) -> Callable[[Deployer], None]:
    return lambda deployer: (deployer.folder / "bin" / name).unlink()


def old_command(name: str, said: str) -> Callable[[Deployer], None]:
    return lambda deployer: (
        (deployer.folder / "bin" / name).write_text(f"#!{sys.executable}\nprint({said!r})\n") and None
    )


def config(text: str) -> Callable[[Deployer], None]:
    def change(deployer: Deployer) -> None:
        (deployer.folder / "config.yml").write_text(text, encoding="utf-8")

    return change


def elsewhere(**variables: str) -> Callable[[Deployer], None]:
    """With these variables, and the functions not on this machine."""

    def change(deployer: Deployer) -> None:
        for option in ("--url", "--dingtalk-api", "--oss-endpoint"):
            at = deployer.arguments.index(option)
            del deployer.arguments[at : at + 2]
        deployer.variables.update(variables)

    return change


def both(*changes: Callable[[Deployer], None]) -> Callable[[Deployer], None]:
    def change(deployer: Deployer) -> None:
        for one in changes:
            one(deployer)

    return change


def behind_azure(name: str) -> dict[str, str]:
    return {"AZURE_ON": "on", "AZURE_RESOURCE_NAME": name, "AZURE_DEPLOYMENT_NAME": "d", "AZURE_OPENAI_TOKEN": KEY}


CONVERSATION_SIZE = "cpu: 0.1 # cores; FC wants 1 to 4 GB of memory for each core"
SEEDED = {
    "no s": (no_command("s"), "machine.cli", "npm install -g @serverless-devs/s"),
    "old s": (old_command("s", "@serverless-devs/s: 2.1.3, s-home: x"), "machine.cli", "3.0 or newer"),
    "mute s": (old_command("s", "hello"), "machine.cli", "does not say a version"),
    "no node": (no_command("node"), "machine.node", "https://nodejs.org"),
    "old node": (old_command("node", "v12.22.0"), "machine.node", "14.14 or newer"),
    "misspelt property": (line("memorySize: 512", "memorysize: 512"), "file.names", "write memorySize"),
    "misspelt mount": (line("mountPoints:", "mountPoint:"), "file.names", "ossMountConfig.mountPoint,"),
    "no such function": (
        line("  reply:\n    component", "  answer:\n    component"),
        "file.names",
        "no resource reply",
    ),
    "no key": (without("CHATGPT_API_KEY"), "file.variables", "export CHATGPT_API_KEY="),
    "empty bucket": (variable(OSS_BUCKET=""), "file.variables", "export OSS_BUCKET="),
    "account's name": (variable(ACCOUNT_ID="me@example.com"), "file.variables", "16 digits"),
    "bucket's address": (variable(OSS_BUCKET="oss://Bucket"), "file.variables", "correct OSS_BUCKET"),
    "region's name": (variable(REGION="Tokyo"), "file.variables", "ap-northeast-1"),
    "only s knows": (line("diskSize: 512", "diskSize: ${config('x')}"), "file.variables", "s preview"),
    "misspelt setting": (config("model: x\nmodle: y"), "settings.files", "did you mean model?"),
    "secret beside s.yaml": (config("api_key: sk-x"), "settings.files", "export CHATGPT_API_KEY="),
    "number": (line('ASYNC_RETRIES: "2"', "ASYNC_RETRIES: 2"), "file.text", '"2"'),
    "secret in the file": (
        line("CHATGPT_API_KEY: ${env('CHATGPT_API_KEY')}", f"CHATGPT_API_KEY: {KEY}"),
        "file.secrets",
        "write ${env('CHATGPT_API_KEY')} there",
    ),
    "long prompt": (variable(SYSTEM_PROMPT="x" * ENVIRONMENT_LIMIT), "file.size", "shorten SYSTEM_PROMPT"),
    "dollar in .env": (env_file(f"CHATGPT_API_KEY={KEY}$x\n", "CHATGPT_API_KEY"), "file.env", "export it in the shell"),
    "hash in .env": (env_file("SYSTEM_PROMPT=answer in C#please\n"), "file.env", "write SYSTEM_PROMPT='…' in .env"),
    "backslash in .env": (env_file('SYSTEM_PROMPT="say \\"x\\""\n'), "file.env", "quotes of another kind"),
    "open quote in .env": (env_file("SYSTEM_PROMPT='a' b\n"), "file.env", "quote it as a whole"),
    "swallowed line in .env": (env_file("SYSTEM_PROMPT='a\nMODEL=b\nTIMEOUT=c'\n"), "file.env", "close its quotes"),
    "no setting in .env": (env_file("MODEL=a\nsome words\n"), "file.env", "line 2 of .env is no setting"),
    "dollar in the shell": (
        both(env_file("MODEL=a\n"), variable(MODEL="b$c")),
        "file.env",
        "export MODEL without it",
    ),
    "another name in .env": (env_file("LANGUAGE=en\n"), "file.env", "write BOT_LANGUAGE=…"),
    "another proxy in .env": (env_file("HTTP_PROXY=http://p.example:1\n"), "file.env", "write MODEL_PROXY=…"),
    "an older name in .env": (env_file("APIKEY=sk-x\n"), "file.env", "add it to s.yaml"),
    "a model on this machine": (elsewhere(BASE_URL="http://127.0.0.1:11434/v1"), "model.address", "correct BASE_URL"),
    "localhost": (elsewhere(BASE_URL="https://localhost:8443"), "model.address", "on the machine itself"),
    "short loopback": (elsewhere(BASE_URL="https://127.1/v1"), "model.address", "on the machine itself"),
    "loopback of IPv6": (elsewhere(BASE_URL="https://[::1]:8000/v1"), "model.address", "on the machine itself"),
    "a container's host": (elsewhere(BASE_URL="https://host.docker.internal/v1"), "model.address", "never reach"),
    "a private network": (elsewhere(BASE_URL="https://192.168.3.4/v1"), "model.address", "in a private network"),
    "another private network": (elsewhere(BASE_URL="https://10.1.2.3/v1"), "model.address", "in a private network"),
    "link-local": (elsewhere(BASE_URL="https://169.254.1.1/v1"), "model.address", "in a private network"),
    "private IPv6": (elsewhere(BASE_URL="https://[fd00::5]/v1"), "model.address", "in a private network"),
    "a name without a dot": (elsewhere(BASE_URL="https://gpu-box/v1"), "model.address", "in a private network"),
    "a local name": (elsewhere(BASE_URL="https://gpu.local/v1"), "model.address", "in a private network"),
    "a key in clear": (elsewhere(BASE_URL="http://api.example.com/v1"), "model.address", "everybody on the way"),
    "a key in clear to Azure": (
        elsewhere(**behind_azure("http://azure.example.com")),
        "model.address",
        "AZURE_RESOURCE_NAME begins with http://",
    ),
    "a proxy on this machine": (elsewhere(MODEL_PROXY="http://127.0.0.1:7890"), "model.address", "correct MODEL_PROXY"),
    "a model that is off": (
        variable(MODEL="gpt-3.5-turbo", BASE_URL=""),
        "model.provider",
        "such as gpt-5.4-mini",
    ),
    "a temperature in vain": (
        variable(MODEL="kimi-k3", BASE_URL="https://api.moonshot.cn", TEMPERATURE="0.3"),
        "model.provider",
        "remove TEMPERATURE",
    ),
    "too much core": (line(CONVERSATION_SIZE, "cpu: 0.5"), "functions.sizes", "0.03125 to 0.125 core with 128 MB"),
    "too little core": (line("cpu: 0.5", "cpu: 0.1"), "functions.sizes", "change cpu or memorySize"),
    "odd core": (line("cpu: 0.5", "cpu: 0.33"), "functions.sizes", "steps of 0.05"),
    "odd memory": (line("memorySize: 512", "memorySize: 600"), "functions.sizes", "steps of 64"),
    "odd disk": (line("diskSize: 512\n", "diskSize: 1024\n"), "functions.sizes", "512 or 10240"),
    "no size": (line("      cpu: 0.5 #", "      #"), "functions.sizes", "all three"),
    "small with a mount": (line("memorySize: 512", "memorySize: 448"), "functions.mount", "raise memorySize of reply"),
    "mounted elsewhere": (line("mountDir: /mnt/oss", "mountDir: /mnt/bucket"), "functions.mount", "be mountDir"),
    "mounted read-only": (line("readOnly: false", "readOnly: true"), "functions.mount", "readOnly: false"),
    "not mounted": (line("mountPoints:", "others:"), "functions.mount", "no mount point"),
    "bucket elsewhere": (
        line("http://oss-${vars.region}-internal.aliyuncs.com #", "http://oss-cn-beijing-internal.aliyuncs.com #"),
        "functions.mount",
        "http://oss-ap-northeast-1-internal.aliyuncs.com",
    ),
    "another bucket": (
        line("OSS_BUCKET: ${vars.bucket}", "OSS_BUCKET: another-bucket"),
        "functions.mount",
        "OSS_BUCKET of reply is another-bucket",
    ),
    "no bucket named": (line("- bucketName: ${vars.bucket}", "- bucket: x"), "functions.mount", "not named"),
    "no log": (line("      logConfig: auto\n", ""), "functions.logs", "write logConfig: auto"),
    "reply cut off": (
        line(
            "internetAccess: true\n      role: acs:ram::${vars.account}:role/dingtalk-chatgpt-reply",
            "internetAccess: false\n      role: acs:ram::${vars.account}:role/dingtalk-chatgpt-reply",
        ),
        "functions.internet",
        "internetAccess of reply is false",
    ),
    "claims with an old oss2": (
        variable(RUNTIME="python3.10", CLAIM="oss"),
        "functions.runtime",
        "add --oss2 behind tools/build.py",
    ),
    "exports with an old oss2": (
        variable(RUNTIME="python3.10", ADMIN_EXPORT="on"),
        "functions.runtime",
        "ADMIN_EXPORT=on with python3.10",
    ),
    "half a log": (
        line("logConfig: auto # makes a log project, once", "logConfig: {project: mine}"),
        "functions.logs",
        "conversation names no project and logstore",
    ),
    "no role": (
        line("      role: acs:ram::${vars.account}:role/dingtalk-chatgpt-reply #", "      #"),
        "functions.roles",
        "docs/ram/README.md",
    ),
    "another's role": (
        line("acs:ram::${vars.account}:role/dingtalk-chatgpt-reply #", "acs:ram::9999999999999999:role/x #"),
        "functions.roles",
        "another account",
    ),
    "python not there": (variable(REGION="ap-southeast-1"), "functions.runtime", "export RUNTIME=python3.10"),
    "no such python": (variable(RUNTIME="python3.11"), "functions.runtime", "python3.12 or python3.10"),
    "two regions": (
        line(
            "region: ${vars.region}\n      functionName: ${vars.reply}", "region: x\n      functionName: ${vars.reply}"
        ),
        "functions.runtime",
        "both in one region",
    ),
    "closed trigger": (line("authType: anonymous", "authType: function"), "functions.trigger", "authType: anonymous"),
    "no POST": (line("[GET, HEAD, POST]", "[GET]"), "functions.trigger", "add them to methods"),
    "no internet": (line("disableURLInternet: false", "disableURLInternet: true"), "functions.trigger", "false"),
    "no trigger": (line("triggerType: http", "triggerType: timer"), "functions.trigger", "no HTTP trigger"),
    "another function": (
        line("${resources.reply.props.functionName}", "dingtalk-chatgpt-answer"),
        "functions.link",
        "write ${resources.reply.props.functionName}",
    ),
    "retries differ": (
        line("maxAsyncRetryAttempts: 2", "maxAsyncRetryAttempts: 5"),
        "functions.async",
        "the same number",
    ),
    "retries unset": (line("        maxAsyncRetryAttempts: 2", "        #"), "functions.async", "unset (3)"),
    "old events": (
        line("maxAsyncEventAgeInSeconds: 5400", "maxAsyncEventAgeInSeconds: 86400"),
        "functions.async",
        "5400",
    ),
    "no apology": (line("acs:fc:${vars.region}::functions/${vars.reply}", "x"), "functions.async", "destinationConfig"),
    "claimed by nobody": (line("asyncTask: true", "asyncTask: false"), "functions.async", "export CLAIM=oss"),
    "no task mode there": (variable(REGION="cn-huhehaote"), "functions.async", "remove asyncTask"),
    "claimed twice": (variable(CLAIM="oss"), "functions.async", "leave CLAIM out"),
    "no robot": (without("DINGTALK_APP_SECRET"), "settings.conversation", "copy the client secret"),
    "path without a slash": (variable(CALLBACK_PATH="secret"), "settings.conversation", "like /x7Kq2"),
    "host with a scheme": (variable(WEBHOOK_HOSTS="https://x.example"), "settings.conversation", "bare host names"),
    "whose id": (
        variable(DINGTALK_CREDENTIALS="dingother:" + "z" * 64, ADMIN_USERS="boss"),
        "settings.conversation",
        "dingother/boss or r",
    ),
    "no id": (variable(ALLOW_USERS="、"), "settings.conversation", "until then nobody but administrators"),
    "two ids without a comma": (variable(DENY_USERS="u1 u2"), "settings.conversation", "'u1 u2', which is no id"),
    "no such robot": (config("vip_users: [dingx/u1]"), "settings.conversation", "no robot here is 'dingx'"),
    "broken credentials": (variable(DINGTALK_CREDENTIALS="a,b:c"), "settings.conversation", "mend or drop it"),
    "hot": (variable(TEMPERATURE="3"), "settings.reply", "a number from 0 to 2"),
    "blank in the key": (variable(CHATGPT_API_KEY="Bearer sk-with-a-blank"), "settings.reply", "without 'Bearer'"),
    "azure half": (variable(AZURE_ON="on"), "settings.reply", "AZURE_ON is on"),
    "unread": (line("MODEL: ${env", "MODELL: ${env"), "settings.unread", "correct its name"),
    "words that one function does not know": (
        line("SENSITIVE_WORDS: ${env('SENSITIVE_WORDS', '')} # all", "SENSITIVE_WORDS: other # all"),
        "settings.both",
        "SENSITIVE_WORDS is unset for conversation and other for reply | one value for both functions",
    ),
    "a long value that one function does not know": (
        line(
            "WEBHOOK_HOSTS: ${env('WEBHOOK_HOSTS', '')}\n        RECORD",
            "WEBHOOK_HOSTS: " + "host.example," * 9 + "host.example\n        RECORD",
        ),
        "settings.both",
        "host.example,host.example,host…",
    ),
    "too patient": (variable(TIMEOUT="150"), "settings.times", "lower TIMEOUT"),
    "no time-out": (line("      timeout: 180", "      #"), "settings.times", "FC's default is 3 s"),
    "no time to hand over": (line("timeout: 10 ", "timeout: 3 "), "settings.times", "raise timeout"),
    "client id for secret": (variable(DINGTALK_APP_SECRET=CLIENT_ID), "dingtalk.secret", "is a client id"),
    "group robot's secret": (variable(DINGTALK_APP_SECRET="SEC" + "0" * 64), "dingtalk.secret", "custom group robot"),
    "quotes in the secret": (
        variable(DINGTALK_APP_SECRET=f'{SECRET[:9]}"{SECRET[9:]}'),
        "dingtalk.secret",
        "quotation mark",
    ),
    "cut secret": (variable(DINGTALK_APP_SECRET=SECRET[:-1]), "dingtalk.secret", "63 characters"),
}


@pytest.mark.parametrize("name", SEEDED)
def test_mistakes_are_found_by_name(name: str, deployer: Deployer) -> None:
    """Each mistake is found by its check, which says what to do."""
    mistake, check, remedy = SEEDED[name]
    mistake(deployer)
    report = deployer.examine("--offline")
    told = [" | ".join(f.values()) for f in report.findings if f["check"] == check and f["state"] != "ok"]
    assert any(remedy in text for text in told), report.wrong()
    assert report.code == int("problem" in {finding["state"] for finding in report.findings})


def test_enough_mistakes() -> None:
    """At least twenty kinds of mistake, and every check that needs no network has one."""
    assert len(SEEDED) >= 20
    assert {check for _, check, _ in SEEDED.values()} == set(IDS) - set(NETWORK) - {"machine.python"}


@pytest.mark.parametrize(("version", "state"), [((3, 9, 1), "problem"), ((3, 12, 1), "ok"), ((3, 14, 0), "problem")])
def test_python(deployer: Deployer, version: tuple[int, int, int], state: str) -> None:
    """The versions that the packages can be built from."""
    examined = doctor.examination(doctor.parse(deployer.arguments), deployer.variables, SystemClock())
    (finding,) = machine.python(replace(examined, python=version))
    assert (finding.check, finding.state) == ("machine.python", state)


def test_every_finding_has_a_remedy(deployer: Deployer) -> None:
    """Whatever is wrong, something is said that can be done about it."""
    (deployer.folder / "s.yaml").write_text("resources: {reply: {props: {}}, conversation: }\n")
    report = deployer.examine("--offline")
    assert len(report.wrong()) > 10
    assert all(finding["remedy"] for finding in report.findings if finding["state"] == "problem")


# The same with the network


def model_says(*replies: Reply) -> Callable[[Deployer, LocalCloud, StandIn], None]:
    return lambda _, deployed, __: deployed.model.script(*replies)


def dingtalk_says(
    method: str, status: int, text: str, **headers: str
) -> Callable[[Deployer, LocalCloud, StandIn], None]:
    def tell(deployer: Deployer, _: LocalCloud, dingtalk: StandIn) -> None:
        dingtalk.answers[method] = (status, headers, text)

    return tell


def told(**variables: str) -> Callable[[Deployer, LocalCloud, StandIn], None]:
    return lambda deployer, _, __: deployer.variables.update(variables)


def asked(*arguments: str) -> Callable[[Deployer, LocalCloud, StandIn], None]:
    return lambda deployer, _, __: deployer.arguments.extend(arguments)


def url_is(status: int, text: str, **headers: str) -> Callable[[Deployer, LocalCloud, StandIn], None]:
    def set_up(deployer: Deployer, _: LocalCloud, dingtalk: StandIn) -> None:
        dingtalk.answers["GET"] = (status, headers, text)
        deployer.arguments += ["--url", dingtalk.url]

    return set_up


def bucket_keeps(deployer: Deployer, _: LocalCloud, dingtalk: StandIn) -> None:
    dingtalk.answers |= {"PUT": (200, {}, ""), "DELETE": (403, {}, "")}
    deployer.arguments += ["--oss-endpoint", dingtalk.url]


HTML = Reply(raw=b"<html>hello</html>", content_type="text/html")
OTHER_REGION = (
    "<Error><Code>AccessDenied</Code><Message>must be addressed using the specified endpoint</Message></Error>"
)
SEEDED_FAR = {
    "other secret": (
        told(DINGTALK_APP_SECRET="x" * 64),
        "dingtalk.credentials",
        "Client ID and Client Secret of the same",
    ),
    "no DingTalk": (asked("--dingtalk-api", CLOSED), "dingtalk.credentials", "network and proxy"),
    "address not allowed": (
        dingtalk_says("POST", 403, '{"code": "Forbidden.AccessDenied.IpNotInWhiteList"}'),
        "dingtalk.credentials",
        "the app's IP list",
    ),
    "a gateway": (dingtalk_says("POST", 200, "<html>log in</html>"), "dingtalk.credentials", "not DingTalk"),
    "no model": (told(BASE_URL=f"{CLOSED}/v1"), "model.reachable", "check BASE_URL"),
    "no API": (model_says(*[HTML] * 12), "model.reachable", "BASE_URL is the provider's base"),
    "another form of the address": (model_says(HTML), "model.form", "set BASE_URL=http://127.0.0.1:"),
    "a path that is missing": (model_says(*[failing(404, "x", "Not Found")] * 3), "model.form", "/openai/v1"),
    "not served here": (
        model_says(failing(403, "unsupported_country_region_territory")),
        "model.reachable",
        "choose another REGION",
    ),
    "busy": (model_says(*[failing(429, "rate_limit", Retry_After="60")] * 6), "model.reachable", "limits"),
    "silent": (model_says(Reply("yes", first_token=5)), "model.reachable", "timeout"),
    "refused key": (
        model_says(failing(401, "invalid_api_key", f"Incorrect API key provided: {KEY}")),
        "model.key",
        "get a valid key",
    ),
    "no money": (model_says(failing(429, "insufficient_quota")), "model.key", "top up"),
    "no such model": (
        model_says(failing(404, "model_not_found", "The model does not exist")),
        "model.name",
        "set MODEL to a name it knows",
    ),
    "odd parameter": (model_says(failing(400, "bad", "no")), "model.name", "check MODEL, TEMPERATURE"),
    "slow model": (
        lambda deployer, deployed, _: (
            deployed.model.script(Reply("yes", first_token=0.3)),
            deployer.arguments.extend(["--first-token-seconds", "0.1"]),
        ),
        "model.first-token",
        "a faster model",
    ),
    "no bucket": (told(OSS_BUCKET="other-bucket"), "bucket.reachable", "correct OSS_BUCKET"),
    "no storage": (asked("--oss-endpoint", CLOSED), "bucket.reachable", "cannot be reached"),
    "no bucket's name": (told(OSS_BUCKET="No_Name"), "bucket.reachable", "correct OSS_BUCKET"),
    "bucket of another region": (
        lambda deployer, _, dingtalk: (
            dingtalk.answers.update(PUT=(403, {"x-oss-request-id": "1"}, OTHER_REGION)),
            deployer.arguments.extend(["--oss-endpoint", dingtalk.url]),
        ),
        "bucket.reachable",
        "REGION",
    ),
    "other key": (
        told(ALIBABA_CLOUD_ACCESS_KEY_SECRET="other-key-secret"),
        "bucket.writable",
        "correct ALIBABA_CLOUD_ACCESS_KEY_SECRET",
    ),
    "undeletable": (bucket_keeps, "bucket.writable", "oss:DeleteObject"),
    "no address": (asked("--url", CLOSED), "url.health", "is it deployed?"),
    "plain http": (asked("--url", "http://x.example"), "url.health", "https"),
    "another's address": (url_is(200, "<html>"), "url.health", "conversation's HTTP trigger"),
    "closed address": (url_is(403, ""), "url.health", "disableURLInternet: false"),
    "crash": (url_is(502, "{}"), "url.health", "s conversation logs"),
    "incomplete": (url_is(200, '{"status": "ok", "settings": "incomplete"}'), "url.health", "and deploy"),
    "other path in the address": (
        lambda deployer, deployed, _: deployer.arguments.extend(["--url", f"{deployed.dingtalk.trigger}/robot"]),
        "url.path",
        "message receiving address",
    ),
    "no POST there": (
        lambda deployer, _, dingtalk: (
            dingtalk.answers.update(POST=(405, {}, "")),
            deployer.arguments.extend(["--url", dingtalk.url]),
        ),
        "url.path",
        "does the trigger take POST?",
    ),
    "other secret deployed": (told(DINGTALK_APP_SECRET="y" * 64), "url.signature", "deploy again"),
}


@pytest.mark.parametrize("name", SEEDED_FAR)
def test_mistakes_elsewhere_are_found_by_name(
    name: str, deployer: Deployer, deployed: LocalCloud, dingtalk: StandIn
) -> None:
    """Each mistake that only others know is found by its check, which says what to do."""
    mistake, check, remedy = SEEDED_FAR[name]
    mistake(deployer, deployed, dingtalk)
    report = deployer.examine()
    found = [" | ".join(f.values()) for f in report.findings if f["check"] == check and f["state"] != "ok"]
    assert any(remedy in text for text in found), report.wrong()
    assert report.code == int("problem" in {finding["state"] for finding in report.findings})


def test_every_check_elsewhere_has_a_mistake() -> None:
    """No check that calls others goes without a mistake that it finds."""
    assert {check for _, check, _ in SEEDED_FAR.values()} == set(NETWORK) - {"clock.skew"}


@pytest.mark.parametrize(("off", "said"), [(0, "ok"), (600, "600 s ahead"), (-4000, "4000 s behind")])
def test_clock(deployer: Deployer, off: float, said: str) -> None:
    """A clock that is off is told from a secret that is wrong."""
    report = deployer.examine(clock=OffClock(off))
    (skew,) = [finding for finding in report.findings if finding["check"] == "clock.skew"]
    if off:
        assert said.split()[1:] == skew["found"].split()[-2:], skew
        assert "clock.skew" in report.wrong()["url.signature"]
    assert skew["state"] == ("problem" if off else "ok")


def test_clock_without_an_address(deployer: Deployer) -> None:
    """Before the first deploy DingTalk's clock serves; where nobody answers, nothing is claimed."""
    assert deployer.examine("--url", "", clock=OffClock(600)).states("clock.skew") == ["problem"]
    assert deployer.examine("--url", "", "--dingtalk-api", CLOSED).states("clock.skew") == ["skipped"]


@pytest.mark.parametrize(
    ("variables", "found"),
    [
        ({"BASE_URL": ""}, "OpenAI, by its address api.openai.com"),
        (
            {"BASE_URL": "https://dashscope.aliyuncs.com/compatible-mode/v1"},
            "Alibaba Cloud Model Studio (DashScope), by",
        ),
        ({"BASE_URL": "open.bigmodel.cn"}, "Zhipu, by its address open.bigmodel.cn"),
        ({"BASE_URL": "https://ark.cn-beijing.volces.com/api/v3"}, "Volcengine Ark, by its address"),
        ({"BASE_URL": "http://127.0.0.1:11434"}, "Ollama, by its address"),
        ({"BASE_URL": "https://proxy.example", "PROVIDER": "minimax"}, "MiniMax, by PROVIDER"),
        ({"BASE_URL": "https://relay.example/v1"}, "relay.example is no provider that is known by its address"),
    ],
)
def test_the_provider_is_recognised(deployer: Deployer, variables: dict[str, str], found: str) -> None:
    """By the host, or by PROVIDER; an address that nobody knows is fine, too."""
    deployer.variables |= variables
    (finding,) = [f for f in deployer.examine("--offline").findings if f["check"] == "model.provider"]
    assert finding["state"] == "ok"
    assert finding["found"].startswith(found)


def test_every_form_of_the_address_is_asked(deployer: Deployer, deployed: LocalCloud) -> None:
    """Where none of them has an API, the doctor says how many it has tried; the function's own ones come first."""
    deployed.model.script(*[HTML] * 20)
    report = deployer.examine()
    asked = [request.path.removesuffix("/chat/completions") for request in deployed.model.requests]
    assert asked[:3] == ["/v1", "", "/api/v1"]
    assert len(asked) == len(set(asked)) == 8
    assert "and 7 other forms of it: not_json" in report.wrong()["model.reachable"]


def test_each_key_is_tried(deployer: Deployer, deployed: LocalCloud) -> None:
    """Of several keys each has its line, and the model is asked with one that works."""
    deployer.variables["CHATGPT_API_KEY"] = f"sk-other-invented-key,{KEY}"
    deployed.model.script(failing(401, "invalid_api_key", "sk-other-invented-key is not valid"))
    report = deployer.examine()
    assert report.states("model.key") == ["problem", "ok"]
    assert "key 1 of 2" in report.wrong()["model.key"]
    assert report.states("model.first-token") == ["ok"]


def test_several_robots(deployer: Deployer) -> None:
    """Robots with their client ids are tried without an option; each has its line."""
    del deployer.arguments[deployer.arguments.index("--client-id") :][:2]
    deployer.arguments[deployer.arguments.index("--client-id") + 1] = ""
    deployer.variables["DINGTALK_CREDENTIALS"] = f"{CLIENT_ID}:{SECRET},dingother0123456:{'z' * 64}"
    report = deployer.examine()
    assert report.states("dingtalk.credentials") == ["ok", "problem"]
    assert report.states("url.signature") == ["ok", "problem"]


@pytest.mark.parametrize(
    ("option", "variables", "checks"),
    [
        (["--url", ""], [], ["url.health", "url.path", "url.signature"]),
        (["--client-id", ""], [], ["dingtalk.credentials"]),
        ([], ["ALIBABA_CLOUD_ACCESS_KEY_ID"], ["bucket.reachable", "bucket.writable"]),
    ],
)
def test_what_is_not_given_is_skipped(
    deployer: Deployer, option: list[str], variables: list[str], checks: list[str]
) -> None:
    """What cannot be looked at is no problem, and how it can be is said."""
    for name in variables:
        del deployer.variables[name]
    report = deployer.examine(*option)
    assert report.code == 0
    assert [f["check"] for f in report.findings if f["state"] == "skipped" and f["remedy"]] == checks


def test_callback_path(tmp_path: Path, dingtalk: StandIn) -> None:
    """The path here and the path deployed are compared, in both directions, and never printed."""
    options = Options(secret=SECRET, conversation_settings={"CALLBACK_PATH": "/h7Jqx2"})
    with LocalCloud(options) as cloud:
        deployer = Deployer.make(tmp_path, cloud, dingtalk)
        for here, states in (("/h7Jqx2", ["ok"]), ("", ["problem"]), ("/other7", ["problem"])):
            deployer.variables["CALLBACK_PATH"] = here
            report = deployer.examine()
            assert report.states("url.path") == states, here
            assert report.states("url.signature") == ["ok"]
            assert "h7Jqx2" not in json.dumps(report.findings)


def test_settings_missing_in_the_deployment(tmp_path: Path, dingtalk: StandIn) -> None:
    """What the deployed function lacks shows, although all is well here."""
    with LocalCloud(Options(secret=SECRET, conversation_settings={"CHATGPT_FUNCTION": None})) as cloud:
        report = Deployer.make(tmp_path, cloud, dingtalk).examine()
        assert list(report.wrong()) == ["url.health"]


# It cannot run


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "is not there"),
        ("a: [", "is no YAML at line"),
        ("- list", "has no resources"),
        ("resources: 1", "has no resources"),
    ],
)
def test_a_file_that_cannot_be_read(deployer: Deployer, content: str | None, said: str) -> None:
    """Without a deploy file nothing is examined: one sentence, exit code 2."""
    path = deployer.folder / "s.yaml"
    path.unlink()
    if content is not None:
        path.write_text(content)
    report = deployer.examine()
    assert report.code == 2
    assert report.findings == []
    assert said in report.error
    assert report.error.count("\n") == 1


def test_an_env_file_that_cannot_be_read(deployer: Deployer) -> None:
    """A .env in another encoding is named."""
    (deployer.folder / ".env").write_bytes(b"A=\xff\xfe")
    report = deployer.examine()
    assert (report.code, report.error[:8]) == (2, "doctor: ")
    assert "save it as UTF-8" in report.error


def test_as_a_command() -> None:
    """It runs as the Makefile runs it; a wrong option is exit code 2."""
    command = [sys.executable, str(ROOT / "tools" / "doctor.py")]
    done = subprocess.run([*command, "--json", "--offline"], capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stderr
    assert json.loads(done.stdout)["result"] == "problems"
    assert subprocess.run([*command, "--nonsense"], capture_output=True, check=False).returncode == 2


def test_a_defect_shows_no_secret(deployer: Deployer) -> None:
    """Should the doctor itself fail, its exit code is not that of a problem, and no traceback is shown."""

    class Broken(SystemClock):
        def now(self) -> float:
            raise ArithmeticError(SECRET)

    report = deployer.examine(clock=Broken())
    assert report.code == 2
    assert "ArithmeticError" in report.error


def test_ids_are_said_once() -> None:
    """A check's name finds one check."""
    assert len(IDS) == len(set(IDS))
    assert examine.__doc__


INNER = (
    *("http://127.0.0.1:11434", "127.1:8000", "0x7f000001", "2130706433", "0.0.0.0", "[::1]:80", "[::ffff:127.0.0.1]"),
    *("LOCALHOST", "localhost.", "ip6-localhost", "a.localhost", "gateway.docker.internal", "ollama:11434", "lvh.me"),
    *("10.0.0.5", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254", "100.64.0.1", "100.100.100.200"),
    *("[fd12::1]", "[fe80::1]", "198.18.0.1", "255.255.255.255", "box.lan", "x.corp", "nas.home", "gpu.home.arpa"),
    *("vllm.default.svc.cluster.local", "vllm.default.svc", "ollama.test", "router.fritz.box", "a.localdomain"),
    *("127.0.0.1.nip.io", "10-0-0-5.sslip.io", "gpu.192.168.1.9.nip.io", "１９２.168.1.1"),
)


@pytest.mark.parametrize("address", INNER)
def test_hosts_that_the_functions_never_reach(address: str) -> None:
    """This machine, private networks, and names that no public DNS has, in every form they are written in."""
    url = address if "://" in address else f"https://{address}/v1"
    assert not is_reachable(urlsplit(url).hostname or "")


OUTER = (
    *("8.8.8.8", "172.32.0.1", "172.15.1.1", "192.169.1.1", "11.0.0.1", "100.128.0.1", "2606:4700::1", "local.com"),
    *("internal.example.com", "localhost.com", "api.local.ai", "模型.中国", "8.8.8.8.nip.io", "home.cn", "test.com"),
)


@pytest.mark.parametrize("host", OUTER)
def test_hosts_that_look_like_inner_ones(host: str) -> None:
    """Addresses beside the private ones, and names that only have such a word in them."""
    assert is_reachable(host)


@pytest.mark.parametrize(
    "address",
    ["https://api.openai.com/v1", "https://8.8.8.8/v1", "api.deepseek.com", "https://[2606:4700::1111]/v1", ""],
)
def test_addresses_that_the_functions_reach(deployer: Deployer, address: str) -> None:
    """Names and addresses of the internet; https is meant where nothing is written."""
    elsewhere(BASE_URL=address)(deployer)
    assert "model.address" not in deployer.examine("--offline").wrong()


def test_a_private_address_inside_a_vpc(deployer: Deployer) -> None:
    """Where reply is in a network of one's own it may reach what is there; never this machine."""
    deployer.edit("diskSize: 512\n      timeout: 180", "diskSize: 512\n      vpcConfig: {vpcId: v}\n      timeout: 180")
    elsewhere(BASE_URL="https://10.1.2.3/v1")(deployer)
    assert "model.address" not in deployer.examine("--offline").wrong()
    deployer.variables["BASE_URL"] = "https://127.0.0.1/v1"
    assert "model.address" in deployer.examine("--offline").wrong()


def test_without_any_setting(deployer: Deployer) -> None:
    """Only what must be set is a problem, each with what to set; the bucket's mount has no fault of its own."""
    for name in ("ACCOUNT_ID", "OSS_BUCKET", "DINGTALK_APP_SECRET", "CHATGPT_API_KEY", "BASE_URL"):
        deployer.variables.pop(name)
    report = deployer.examine("--offline")
    unset = [f for f in report.findings if f["check"] == "file.variables"]
    assert [(f["found"], "remove its line" in f["remedy"]) for f in unset] == [
        ("ACCOUNT_ID is not set", False),
        ("OSS_BUCKET is not set", False),
        ("CHATGPT_API_KEY is not set", True),
        ("DINGTALK_APP_SECRET is not set", True),
    ]
    assert set(report.wrong()) == {"file.variables", "settings.conversation", "settings.reply", "dingtalk.secret"}
