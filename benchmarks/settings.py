"""The settings of each measured function: what a deployment gives it, with loopback addresses."""

from __future__ import annotations

from benchmarks.messages import SECRET

_CREDENTIALS = {
    "ALIBABA_CLOUD_ACCESS_KEY_ID": "STS.bench",
    "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "bench",
    "ALIBABA_CLOUD_SECURITY_TOKEN": "bench",
}


def conversation(host: str) -> dict[str, str]:
    """Settings of our `conversation`."""
    return {
        **_CREDENTIALS,
        "DINGTALK_APP_SECRET": SECRET,
        "INVOKE_ENDPOINT": f"http://{host}",
        "CHATGPT_FUNCTION": "reply",
        "WEBHOOK_HOSTS": "127.0.0.1",
    }


def reply(host: str, mount: str) -> dict[str, str]:
    """Settings of our `reply`; `mount` is the folder that stands for the bucket."""
    return {
        **_CREDENTIALS,
        "CHATGPT_API_KEY": "sk-bench",
        "BASE_URL": f"http://{host}/v1",
        "WEBHOOK_HOSTS": "127.0.0.1",
        "OSS_MOUNT_POINT": mount,
        "HISTORY_LENGTH": "20",
        "MAX_PARTS": "20",
    }


def comparison(host: str) -> dict[str, str]:
    """Settings of both functions of the comparison."""
    return {
        "DINGTALK_APP_SECRET": SECRET,
        "ENDPOINT": f"http://{host}",
        "SERVICE_NAME": "bench",
        "CHATGPT_FUNCTION": "reply",
        "CHATGPT_API_KEY": "sk-bench",
        "BASE_URL": f"http://{host}/v1",
    }
