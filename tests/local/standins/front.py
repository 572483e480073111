"""A stand-in for `conversation`: acknowledges, hands over, and answers some words in the response body."""

import hashlib
import http.client
import json
import os
import time
import uuid

from alibabacloud_tea_openapi.utils import Utils


class _Request:
    method = "POST"


def invoke(event: bytes, task_id: str) -> int:
    host = os.environ["INVOKE_ENDPOINT"].removeprefix("http://")
    request = _Request()
    request.query = {"qualifier": "LATEST"}
    request.pathname = f"/2023-03-30/functions/{os.environ['CHATGPT_FUNCTION']}/invocations"
    digest = hashlib.sha256(event).hexdigest()
    request.headers = {
        "host": host,
        "x-acs-version": "2023-03-30",
        "x-acs-action": "InvokeFunction",
        "x-acs-date": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time())),
        "x-acs-signature-nonce": uuid.uuid4().hex,
        "x-acs-content-sha256": digest,
        "x-acs-security-token": os.environ["ALIBABA_CLOUD_SECURITY_TOKEN"],
        "content-type": "application/octet-stream",
        "x-fc-invocation-type": "Async",
        "x-fc-async-task-id": task_id,
    }
    key, secret = os.environ["ALIBABA_CLOUD_ACCESS_KEY_ID"], os.environ["ALIBABA_CLOUD_ACCESS_KEY_SECRET"]
    request.headers["Authorization"] = Utils.get_authorization(request, "ACS3-HMAC-SHA256", digest, key, secret)
    connection = http.client.HTTPConnection(host, timeout=4)
    connection.request("POST", request.pathname + "?qualifier=LATEST", body=event, headers=request.headers)
    status = connection.getresponse().status
    connection.close()
    return status


def handler(event, context):
    request = json.loads(event)
    if request["requestContext"]["http"]["method"] != "POST":
        found = {"headers": request["headers"], "path": request["rawPath"], "query": request["queryParameters"]}
        return json.dumps(
            {"statusCode": 200, "headers": {"Content-Type": "application/json"}, "body": json.dumps(found)}
        )
    body = json.loads(request["body"])
    words = body.get("text", {}).get("content", "").strip()
    print(f"got {words}")
    answer = {}
    if words == "raise":
        raise ValueError("on demand")
    if words == "help":
        answer = {"msgtype": "text", "text": {"content": "some help"}}
    elif words == "where":
        facts = {
            "credentials": hasattr(context, "credentials"),
            "timeout": context.function.timeout,
            "env": dict(os.environ),
        }
        answer = {"msgtype": "text", "text": {"content": json.dumps(facts)}}
    elif words == "now":
        answer = {"msgtype": "text", "text": {"content": str(time.time())}}
    else:
        status = invoke(json.dumps(body).encode(), "m_" + hashlib.sha256(body["msgId"].encode()).hexdigest())
        answer = {} if status in (202, 409) else {"msgtype": "text", "text": {"content": f"refused {status}"}}
    return json.dumps({"statusCode": 200, "headers": {"Content-Type": "application/json"}, "body": json.dumps(answer)})
