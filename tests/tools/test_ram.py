"""The roles may do what the functions need, and nothing else."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

import ram

ROOT = Path(__file__).parents[2]
VALUES = {"account": "1234567890123456", "region": "ap-northeast-1", "bucket": "my-bucket"}
INVOKE_REPLY = {
    "fc:InvokeFunction acs:fc:ap-northeast-1:1234567890123456:functions/dingtalk-chatgpt-reply",
    "fc:InvokeFunction acs:fc:ap-northeast-1:1234567890123456:functions/dingtalk-chatgpt-reply/*",
}
LOGS = {
    "log:PostLogStoreLogs acs:log:ap-northeast-1:1234567890123456:project/serverless-ap-northeast-1-*/logstore/*",
}
OBJECTS = ("GetObject", "PutObject", "DeleteObject", "ListParts", "AbortMultipartUpload")
BUCKET = {
    "oss:ListObjects acs:oss:*:*:my-bucket",
    *(f"oss:{action} acs:oss:*:*:my-bucket/*" for action in OBJECTS),
}


def allowed(name: str) -> set[str]:
    """Each action with each resource that a policy allows."""
    document: dict[str, Any] = json.loads(ram.policy(name, VALUES))
    assert document["Version"] == "1"
    assert all(statement["Effect"] == "Allow" for statement in document["Statement"])
    return {
        f"{a} {r}" for statement in document["Statement"] for a in statement["Action"] for r in statement["Resource"]
    }


def test_conversation_may_hand_over_only() -> None:
    """No bucket, no other function."""
    assert allowed("conversation-policy") == INVOKE_REPLY | LOGS


def test_reply_may_use_its_bucket_and_invoke_itself() -> None:
    """What the mount and `onFailure` need: no listing of buckets, no permission on objects elsewhere."""
    assert allowed("reply-policy") == INVOKE_REPLY | BUCKET | LOGS


def test_only_function_compute_takes_the_roles_on() -> None:
    """Nobody else may assume them."""
    statement = json.loads(ram.policy("trust-policy", VALUES))["Statement"]
    assert [(s["Action"], s["Principal"]) for s in statement] == [
        ("sts:AssumeRole", {"Service": ["fc.aliyuncs.com"]}),
    ]


def test_the_names_are_those_of_s_yaml() -> None:
    """The roles and the function in the policies are the ones that are deployed."""
    content = yaml.safe_load((ROOT / "s.yaml").read_text(encoding="utf-8"))
    for function, role in ram.ROLES.items():
        assert content["resources"][function]["props"]["role"].endswith(f":role/{role}")
    assert all(entry.removesuffix("/*").endswith(f"functions/{content['vars']['reply']}") for entry in INVOKE_REPLY)


def test_the_printed_commands_have_no_placeholder_left() -> None:
    """Six commands: each role is made, gets its policy, and has it attached."""
    arguments = [part for name, value in VALUES.items() for part in (f"--{name}", value)]
    done = subprocess.run(
        [sys.executable, ROOT / "tools" / "ram.py", *arguments], capture_output=True, text=True, check=True
    )
    lines = done.stdout.splitlines()
    assert [line.split()[2] for line in lines] == ["CreateRole", "CreatePolicy", "AttachPolicyToRole"] * 2
    assert not any(f"{{{name}}}" in done.stdout for name in VALUES)


@pytest.mark.parametrize(
    ("name", "value"), [("account", "12345"), ("region", "Tokyo"), ("bucket", "My_Bucket"), ("bucket", "b*")]
)
def test_a_value_of_the_wrong_form_is_said(name: str, value: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A wrong value would make a policy that allows too much or nothing."""
    arguments = [part for key, given in {**VALUES, name: value}.items() for part in (f"--{key}", given)]
    assert ram.main(arguments) == 1
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.startswith(f"ram: --{name} is {value!r}; wanted ")
