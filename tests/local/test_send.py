"""The tool for scripts: `send` prints answers and stories; what was recorded can be replayed."""

import json
import os
import re
import subprocess
import sys
import uuid
from pathlib import Path

import pytest
import requests

from local.cloud import LocalCloud, Options
from local.page_server import PageServer
from local.recordings import Recorded, Recording, RecordingProblem, read_recording
from local.replay import Replay, told
from tests.documents import ROOT, Document
from tests.local.conftest import STANDIN_OPTIONS

STANDIN = {**STANDIN_OPTIONS, "language": "en", "watch_files": True}
KEYS = ("CHATGPT_API_KEY", "USER_API_KEY", "APIKEY", "BASE_URL", "AZURE_ON", "LANGUAGE")


def local(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run the command as a newcomer's shell would, with no key set."""
    clean = {name: value for name, value in os.environ.items() if name not in KEYS}
    command = [sys.executable, "-m", "local", *arguments, "--env", str(folder / ".env"), "--settings", str(folder)]
    return subprocess.run(command, cwd=ROOT, env=clean, capture_output=True, text=True, timeout=90, check=False)


def steps(text: str) -> list[str]:
    """What a story has at its left edge, without what differs each time."""
    found = [line for line in text.splitlines() if line and not line.startswith(" ")]
    return [re.sub(r"\d+(?= (ms|tokens|\+))|:\d+/|m_[0-9a-f]{4,}…?|127\.0\.0\.1\S*", "N", line) for line in found]


def normalised(text: str) -> str:
    """A story without what differs between two runs: ids, times, ports, and how often a line had to be broken."""
    joined = re.sub(r"\s+", " ", text)
    # The random values first: one in some hundreds has no letter, and would pass for one of the long numbers.
    joined = re.sub(r"\"(body_hash|handover)\": \"[0-9a-f]+\"|(?<=_ms\": )\d+", "ID", joined)
    joined = re.sub(r"\d+-[0-9a-f]{8}-[0-9a-f]{24}|m_[0-9a-f]{32}|\b\d{10,}\b", "ID", joined)
    joined = re.sub(r"ID-[0-9a-f]{16}", "ID", joined)
    joined = re.sub(r"session=[0-9a-f]{8}…|127\.0\.0\.1:\d+|sign: \S+", "ID", joined)
    return re.sub(r"\d+ ms(, cold start)?", "N ms", joined)


@pytest.mark.parametrize("value", ["0a1b2c3d4e5f", "012345678901", "abcdefabcdef"])
def test_a_random_value_is_left_out_whatever_its_digits(value) -> None:
    """A hash of nothing but digits is no more part of the story than any other."""
    assert normalised(f'"kind": "text", "body_hash": "{value}", "tries": 1') == '"kind": "text", ID, "tries": 1'


def test_send_prints_the_answer_of_the_real_functions(tmp_path) -> None:
    """Started without a cloud, it brings its own; standard output has the answer and nothing else."""
    done = local("send", "ping", "--language", "en", folder=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("(Demonstration model) You said: ping")


def test_the_story_has_the_shape_that_the_readme_shows(tmp_path) -> None:
    """The READMEs show the output of the command that stands above it; what it prints now has the same steps."""
    for name in ("README.md", "README.zh-CN.md"):
        text = (ROOT / name).read_text(encoding="utf-8")
        shown = text.partition("<!-- output:begin -->")[2].partition("<!-- output:end -->")[0]
        [block] = re.findall(r"```text\n(.*?)```", shown, re.DOTALL)
        command, _, output = block.partition("\n")
        asked = re.fullmatch(r'\$ \.venv/bin/python -m local send --story "([^"]+)"( --language en)?', command)
        assert asked, command
        done = local("send", "--story", asked[1], *(asked[2] or "").split(), folder=tmp_path)
        assert (done.returncode, done.stderr) == (0, "")
        assert steps(done.stdout) == steps(output)
        assert "secret" not in done.stdout
        assert Document.at(name).commands


@pytest.fixture(scope="module")
def served():
    with LocalCloud(Options(**STANDIN)) as cloud:
        server = PageServer(cloud.parts, {"demo": True, "name": "demo"})
        cloud.do(server.site.start())
        yield server.site.url
        cloud.do(server.stop())


@pytest.mark.parametrize(
    ("arguments", "status", "out", "err"),
    [
        (["hello"], 0, "hello", ""),
        (["help"], 0, "some help", ""),
        (["hello", "--person", "zhou", "--group"], 0, "hello", ""),
        (["hello", "--person", "user003"], 0, "hello", ""),
        (["hello", "--person", "Nobody"], 2, "", "'Nobody'; there are Lin, Zhou"),
        (["", "--kind", "text"], 1, "", "the message is empty"),
        (["x", "--kind", "audio", "--group"], 1, "", "in a group"),
        (["raise"], 1, "", "answered with 502"),
        (["hello", "--kind", "telepathy"], 2, "", "telepathy"),
        (["hello", "--instances", "0"], 2, "", "--instances"),
    ],
)
def test_send_to_a_cloud_that_runs(served, tmp_path, arguments, status, out, err) -> None:
    """Person, place and kind can be chosen; the status says whether an answer came; a problem is one sentence."""
    done = local("send", *arguments, "--url", served, folder=tmp_path)
    assert done.returncode == status, done.stderr
    assert out in done.stdout
    assert err in done.stderr
    assert bool(done.stdout.strip()) is bool(out)
    assert status != 1 or len(done.stderr.strip().splitlines()) == 1


def test_send_as_json_has_everything(served, tmp_path) -> None:
    """For scripts: message, answers and story in one object."""
    found = json.loads(local("send", "hello", "--json", "--url", served, folder=tmp_path).stdout)
    assert found["message"]["state"]["phase"] == "answered"
    assert [answer["via"] for answer in found["answers"]] == ["webhook"]
    assert found["story"]["invocations"][1]["task_id"].startswith("m_")


def test_no_cloud_at_the_address_is_one_sentence(tmp_path) -> None:
    """An address where nothing listens is named."""
    done = local("send", "x", "--url", "http://127.0.0.1:9", folder=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert "127.0.0.1:9" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def conversation_of(cloud: LocalCloud) -> list[str]:
    """Some messages of several sorts, a minute between them, and their stories."""
    lin = cloud.person("Lin", staff_id="staff-lin")
    group = cloud.group(lin)
    said = []
    for text, how in (("hello", {}), ("help", {}), ("in a group", {"conversation": group}), ("", {"kind": "picture"})):
        said.append(cloud.say(lin, text, **how))
        cloud.wait(said[-1])
        cloud.advance(60)
    cloud.redeliver(said[0])
    cloud.wait(said[0])
    return [told(cloud, sent) for sent in said]


@pytest.mark.parametrize("options", [STANDIN, {"language": "en", "watch_files": True}], ids=["standins", "functions"])
def test_a_replay_gives_the_same_story(tmp_path, new_cloud, options) -> None:
    """What was recorded, redelivery included, gives the same stories in a cloud that has never seen it."""
    file = tmp_path / "calls.jsonl"
    first = new_cloud(**options)
    first.dingtalk.delivering = Recording(file).append
    stories = conversation_of(first)
    again = new_cloud(**options)
    replayed = list(dict.fromkeys(map(id, found := Replay(again).send(read_recording(file)))))
    assert len(found) == 5
    assert len(replayed) == 4
    told_again = [told(again, next(entry for entry in found if id(entry) == number)) for number in replayed]
    for then, now in zip(stories, told_again, strict=True):
        assert normalised(now) == normalised(then)


def test_the_command_replays_what_the_command_recorded(tmp_path) -> None:
    """`--record` writes what `send` made the functions see; `--replay` prints the same exchange."""
    file = tmp_path / "calls.jsonl"
    with LocalCloud(Options(language="en", watch_files=True)) as cloud:
        cloud.dingtalk.delivering = Recording(file).append
        sent = cloud.say(cloud.person("Lin"), "ping")
        cloud.wait(sent)
        story = told(cloud, sent)
    done = local("--replay", str(file), "--language", "en", folder=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert steps(done.stdout) == steps(story)


def recorded(body: object, timestamp: str = "1700000000000") -> Recorded:
    text = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Recorded({"timestamp": timestamp, "sign": "of another secret", "X-Forwarded-For": "1.2.3.4"}, text)


PRODUCTION = {
    "conversationId": "cidA",
    "conversationType": "1",
    "msgId": "msg1",
    "senderId": "$:LWCP_v1:$x",
    "senderNick": "Somebody",
    "msgtype": "text",
    "text": {"content": "hello", "isReplyMsg": True, "repliedMsg": {"createdAt": 1699999990000}},
    "createAt": "1699999999000",
    "sessionWebhook": "https://oapi.dingtalk.com/robot/sendBySession?session=of-production",
    "sessionWebhookExpiredTime": 1700005400000,
}


def test_a_recording_of_production_stays_on_this_machine(plain) -> None:
    """Webhook and signature are the stand-in's, and every time has moved with the signed one."""
    [sent] = Replay(plain).send([recorded(PRODUCTION)])
    body = sent.payload
    assert body["sessionWebhook"].startswith(plain.dingtalk.site.url)
    assert "of-production" not in json.dumps(body)
    signed = int(sent.deliveries[0].headers["timestamp"])
    assert sent.deliveries[0].headers["sign"] == plain.signed_headers(str(signed))["sign"]
    assert "X-Forwarded-For" not in sent.deliveries[0].headers
    assert int(body["createAt"]) == signed - 1000
    assert isinstance(body["createAt"], str)
    assert body["sessionWebhookExpiredTime"] == signed + 5_400_000
    assert body["text"]["repliedMsg"]["createdAt"] == signed - 10_000
    assert len(sent.answers) == 1


WITHOUT = {
    "a signed time": ({}, {}),
    "when the webhook expires": ({"timestamp": "1700000000000"}, {"sessionWebhookExpiredTime"}),
    "either": ({}, {"sessionWebhookExpiredTime"}),
    "any time": ({}, {"sessionWebhookExpiredTime", "createAt"}),
    "a time that is one": ({"timestamp": "today"}, set()),
}


@pytest.mark.parametrize(("headers", "dropped"), WITHOUT.values(), ids=WITHOUT)
def test_a_line_written_by_hand_is_answered(plain, headers, dropped) -> None:
    """Its times are counted from the signed one, else from when the message was made; a webhook lasts 90 minutes."""
    made = {**PRODUCTION, "msgId": f"by hand {uuid.uuid4()}"}
    body = {name: value for name, value in made.items() if name not in dropped}
    [sent] = Replay(plain).send([Recorded(headers, json.dumps(body).encode())])
    assert len(sent.answers) == 1
    assert not dropped & sent.payload.keys()
    if "createAt" in body:
        assert abs(sent.at - int(sent.payload["createAt"])) <= 1000


def test_a_recording_with_a_mark_at_its_beginning_is_read(tmp_path) -> None:
    """As editors on Windows write it; a line separator in a text ends no line."""
    file = tmp_path / "calls.jsonl"
    line = json.dumps({"headers": {}, "body": "a\u2028b"}, ensure_ascii=False)
    file.write_bytes(b"\xef\xbb\xbf" + line.encode() + b"\r\n")
    assert [one.body.decode() for one in read_recording(file)] == ["a\u2028b"]


def test_the_distances_in_time_are_kept(plain) -> None:
    """An hour between two messages passes in the cloud, not here."""
    later = {**PRODUCTION, "msgId": "msg2"}
    first, second = Replay(plain).send([recorded(PRODUCTION), recorded(later, "1700003600000")])
    assert 3_600_000 <= second.at - first.at < 3_660_000
    assert second.person == first.person
    assert second.conversation == first.conversation


@pytest.mark.parametrize("body", [b"no json", b"[1]", b"\xff\xfe", b""])
def test_what_is_no_message_is_replayed_as_it_was(plain, body) -> None:
    """A body that no message can be made of reaches the function byte for byte."""
    [delivery] = Replay(plain).send([recorded(body)])
    assert delivery.request == body
    assert delivery.status == 502  # the stand-in for the function raises


def test_a_recording_holds_no_secret_and_every_byte(tmp_path) -> None:
    """Signature and webhook token are left out, whatever else was sent comes back, and only the owner reads."""
    file = tmp_path / "calls.jsonl"
    body = '{"sessionWebhook": "https://x/robot/sendBySession?session=abc", "t": "中"}'.encode() + b"\xff"
    Recording(file).append({"timestamp": "5", "sign": "secret="}, body)
    Recording(file).append({}, b"{}")
    found = read_recording(file)
    assert len(found) == 2
    assert found[0].headers == {"timestamp": "5", "sign": "***"}
    assert found[0].body == body.replace(b"abc", b"***")
    assert found[0].timestamp == 5
    assert file.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("text", "problem"),
    [("", "no callback"), ("{}", "line 1"), ('\n{"headers": {}, "body": 5}', "line 2"), ("not json", "line 1")],
)
def test_a_file_that_is_no_recording_is_one_sentence(tmp_path, text, problem) -> None:
    """The line is named."""
    file = tmp_path / "calls.jsonl"
    file.write_text(text)
    with pytest.raises(RecordingProblem, match=problem):
        read_recording(file)
    done = local("--replay", str(file), folder=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert len(done.stderr.strip().splitlines()) == 1


def test_the_recorder_writes_down_and_passes_on(tmp_path) -> None:
    """A callback is recorded, and answered as the deployed function answers it."""
    file = tmp_path / "calls.jsonl"
    with LocalCloud(Options(**STANDIN)) as cloud:
        command = [sys.executable, "-m", "local", "recorder", str(file), "--port", "0"]
        command += ["--forward", cloud.parts.trigger.site.url]
        with subprocess.Popen(command, cwd=ROOT, text=True, stdout=subprocess.PIPE) as process:
            try:
                url = process.stdout.readline().strip()
                sent = cloud.compose(cloud.person(), "help")
                with requests.Session() as http:
                    http.trust_env = False
                    answer = http.post(url, json=sent.payload, headers=cloud.signed_headers(), timeout=20)
            finally:
                process.terminate()
    assert answer.json()["text"]["content"] == "some help"
    [found] = read_recording(file)
    assert json.loads(found.body)["text"] == {"content": "help"}


def test_the_documented_recording_replays_to_an_answer(tmp_path) -> None:
    """The example of docs/local-cloud.md, as it stands there, in a file: the functions answer it."""
    text = (ROOT / "docs" / "local-cloud.md").read_text(encoding="utf-8")
    [example] = re.findall(r'```json\n(\{"headers".*?)```', text, re.DOTALL)
    (tmp_path / "calls.jsonl").write_text(example, encoding="utf-8")
    done = local("--replay", str(tmp_path / "calls.jsonl"), folder=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert "（演示模型）你说：你好" in done.stdout.partition("Seen in the chat")[2]
