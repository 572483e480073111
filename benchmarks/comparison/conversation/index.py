"""The comparison's acknowledging function: WSGI, `fc2`, `requests` under it."""

import base64
import hashlib
import hmac
import json
import os
import time

import fc2


def handler(environ, start_response):
    """Check the signature, invoke `reply` asynchronously, acknowledge."""
    body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
    stamp, sign = environ["HTTP_TIMESTAMP"], environ["HTTP_SIGN"]
    secret = os.environ["DINGTALK_APP_SECRET"]
    wanted = hmac.new(secret.encode(), f"{stamp}\n{secret}".encode(), hashlib.sha256).digest()
    if abs(time.time() * 1000 - int(stamp)) > 3_600_000 or base64.b64encode(wanted).decode() != sign:
        start_response("401 Unauthorized", [("Content-Type", "application/json")])
        return [b"{}"]
    message = json.loads(body)
    credentials = environ["fc.context"].credentials
    client = fc2.Client(
        endpoint=os.environ["ENDPOINT"],
        accessKeyID=credentials.access_key_id,
        accessKeySecret=credentials.access_key_secret,
        securityToken=credentials.security_token,
    )
    event = {"text": message["text"]["content"].strip(), "webhook": message["sessionWebhook"]}
    client.invoke_function(
        os.environ["SERVICE_NAME"],
        os.environ["CHATGPT_FUNCTION"],
        payload=json.dumps(event).encode(),
        headers={"x-fc-invocation-type": "Async"},
    )
    start_response("200 OK", [("Content-Type", "application/json")])
    return [b"{}"]
