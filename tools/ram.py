"""`python3 tools/ram.py --account … --region … --bucket …`: print the commands that make both roles, once.

Nothing is sent anywhere. What a role may do is in docs/ram/. The printed commands are for the `aliyun` command line
(https://github.com/aliyun/aliyun-cli).
"""

from __future__ import annotations

import argparse
import json
import re
import shlex
import sys
from pathlib import Path

POLICIES = Path(__file__).resolve().parent.parent / "docs" / "ram"
ROLES = {"conversation": "dingtalk-chatgpt-conversation", "reply": "dingtalk-chatgpt-reply"}
# What is asked for -> its form, and how that form is said.
FORMS = {
    "account": (r"\d{16}", "16 digits, as the console shows under the account's picture"),
    "region": (r"[a-z]+(-[a-z0-9]+)+", "as in ap-northeast-1"),
    "bucket": (r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]", "3 to 63 small letters, digits and hyphens"),
}


def policy(name: str, values: dict[str, str]) -> str:
    """One policy of docs/ram as one line of JSON, its placeholders filled in."""
    text = (POLICIES / f"{name}.json").read_text(encoding="utf-8")
    for placeholder, value in values.items():
        text = text.replace("{" + placeholder + "}", value)
    return json.dumps(json.loads(text), separators=(",", ":"))


def commands(values: dict[str, str]) -> list[str]:
    """The commands that make both roles, in their order."""
    made = []
    trust = shlex.quote(policy("trust-policy", values))
    for function, role in ROLES.items():
        document = shlex.quote(policy(f"{function}-policy", values))
        made += [
            f"aliyun ram CreateRole --RoleName {role} --AssumeRolePolicyDocument {trust}",
            f"aliyun ram CreatePolicy --PolicyName {role} --PolicyDocument {document}",
            f"aliyun ram AttachPolicyToRole --PolicyType Custom --PolicyName {role} --RoleName {role}",
        ]
    return made


def main(arguments: list[str]) -> int:
    """Print the commands; returns the exit code."""
    parser = argparse.ArgumentParser(prog="ram.py", description="Print the commands that make both roles.")
    for name, (_, form) in FORMS.items():
        parser.add_argument(f"--{name}", required=True, help=form)
    values: dict[str, str] = vars(parser.parse_args(arguments))
    for name, (pattern, form) in FORMS.items():
        if not re.fullmatch(pattern, values[name]):
            print(f"ram: --{name} is {values[name]!r}; wanted {form}", file=sys.stderr)
            return 1
    print("\n".join(commands(values)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
