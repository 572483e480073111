"""Somebody who deploys: a folder with an s.yaml, variables, a command `s`, and everything around it on loopback."""

import io
import json
import shutil
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import doctor
from local.cloud import LocalCloud
from local.functions import ACCESS_KEY_ID, ACCESS_KEY_SECRET, SECURITY_TOKEN
from local.oss import BUCKET
from shared.clock import Clock

ROOT = Path(__file__).parents[2]
CLIENT_ID = "dingabcdef0123456789"
SECRET = "Invented-client-secret_" + "0123456789abcdefghijklmnopqrstuvwxyzABCDE"
KEY = "sk-invented-model-key-0123456789"
TOKEN = "invented-access-token"
CLOSED = "http://127.0.0.1:9"
"""Nothing listens at the discard port."""


class StandIn(ThreadingHTTPServer):
    """Answers each (method, path) as told, else as DingTalk's API does for one client id and its secret."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers: dict[str, tuple[int, dict[str, str], str]] = {}

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: StandIn

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        told = self.server.answers.get(self.command)
        status, headers, text = told or self._token(body)
        self.send_response(status)
        for name, value in {"Content-Length": str(len(text.encode())), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(text.encode())

    def _token(self, body: bytes) -> tuple[int, dict[str, str], str]:
        if self.command != "POST" or self.path != "/v1.0/oauth2/accessToken":
            return 404, {}, json.dumps({"code": "NotFound"})
        if json.loads(body) == {"appKey": CLIENT_ID, "appSecret": SECRET}:
            return 200, {}, json.dumps({"accessToken": TOKEN, "expireIn": 7200})
        return 400, {}, json.dumps({"code": "invalidClientIdOrSecret", "message": "无效的clientId或者clientSecret"})

    do_GET = do_POST = do_PUT = do_DELETE = _answer

    def log_message(self, format: str, *args: object) -> None:
        """Nothing."""


@contextmanager
def standing_in() -> Iterator[StandIn]:
    """A stand-in that listens until the block ends."""
    server = StandIn()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@dataclass
class Report:
    """What the doctor said."""

    code: int
    findings: list[Mapping[str, str]]
    error: str

    def states(self, check: str) -> list[str]:
        """How a check ended."""
        return [finding["state"] for finding in self.findings if finding["check"] == check]

    def wrong(self) -> dict[str, str]:
        """The checks with a problem or a warning, and what is to be done."""
        bad = [finding for finding in self.findings if finding["state"] in ("problem", "warning")]
        return {finding["check"]: f"{finding['found']} | {finding['wanted']} | {finding['remedy']}" for finding in bad}


@dataclass
class Deployer:
    """A deployment in which all is well, until something is changed."""

    folder: Path
    variables: dict[str, str]
    arguments: list[str] = field(default_factory=list)

    @classmethod
    def make(cls, folder: Path, cloud: LocalCloud, dingtalk: StandIn) -> "Deployer":
        shutil.copy(ROOT / "s.yaml", folder)
        command = folder / "bin"
        command.mkdir()
        for name, said in (("s", "@serverless-devs/s: 3.1.10, s-home: x, linux-x64, node-v20"), ("node", "v20.20.2")):
            (command / name).write_text(f"#!{sys.executable}\nprint({said!r})\n")
            (command / name).chmod(0o755)
        variables = {
            "PATH": str(command),
            "ACCOUNT_ID": "1234567890123456",
            "OSS_BUCKET": BUCKET,
            "DINGTALK_APP_SECRET": SECRET,
            "CHATGPT_API_KEY": KEY,
            "BASE_URL": f"{cloud.model.site.url}/v1",
            "ALIBABA_CLOUD_ACCESS_KEY_ID": ACCESS_KEY_ID,
            "ALIBABA_CLOUD_ACCESS_KEY_SECRET": ACCESS_KEY_SECRET,
            "ALIBABA_CLOUD_SECURITY_TOKEN": SECURITY_TOKEN,
        }
        arguments = ["--file", str(folder / "s.yaml"), "--url", cloud.dingtalk.trigger, "--client-id", CLIENT_ID]
        arguments += ["--dingtalk-api", dingtalk.url, "--oss-endpoint", cloud.oss.site.url, "--model-seconds", "1.5"]
        return cls(folder, variables, arguments)

    def edit(self, old: str, new: str, count: int = -1) -> None:
        """Change s.yaml."""
        path = self.folder / "s.yaml"
        text = path.read_text(encoding="utf-8")
        assert old in text, old
        path.write_text(text.replace(old, new, count), encoding="utf-8")

    def said(self, *more: str, clock: Clock | None = None) -> tuple[int, str, str]:
        """Exit code, output and error output of the doctor; no secret is in them."""
        out, err = io.StringIO(), io.StringIO()
        with redirect_stdout(out), redirect_stderr(err):
            code = doctor.main([*self.arguments, *more], self.variables, clock)
        shown = out.getvalue() + err.getvalue()
        for secret in self.secrets():
            assert secret not in shown
        return code, out.getvalue(), err.getvalue()

    def secrets(self) -> set[str]:
        names = ("DINGTALK_APP_SECRET", "CHATGPT_API_KEY", "AZURE_OPENAI_TOKEN", "ALIBABA_CLOUD_ACCESS_KEY_SECRET")
        given = {part.strip() for name in names for part in self.variables.get(name, "").split(",")}
        return {secret for secret in {SECRET, KEY, TOKEN, SECURITY_TOKEN, *given} if len(secret) > 8}

    def examine(self, *more: str, clock: Clock | None = None) -> Report:
        """The same, read from --json."""
        code, out, err = self.said("--json", *more, clock=clock)
        told: dict[str, Any] = json.loads(out) if out else {"findings": []}
        return Report(code, told["findings"], err)
