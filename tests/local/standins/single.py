"""A stand-in for a bot that is one function: asks the model and posts, or hands over to itself."""

import json
import os
import pathlib
import urllib.request

import front


def handler(event, context):
    request = json.loads(event)
    if "requestContext" not in request:
        return answer(request)
    body = json.loads(request["body"])
    words = body["text"]["content"].strip()
    if words == "where":
        found = {"msgtype": "text", "text": {"content": json.dumps(dict(os.environ))}}
        return {"statusCode": 200, "body": json.dumps(found)}
    if words == "later":
        front.invoke(json.dumps(body).encode(), "t1")
    else:
        answer(body)
    return {"statusCode": 200, "body": "{}"}


def answer(body):
    words = body["text"]["content"].strip()
    (pathlib.Path(os.environ["OSS_MOUNT_POINT"]) / "note.txt").write_text(words, encoding="utf-8")
    asked = {"model": "any", "messages": [{"role": "user", "content": words}]}
    found = post(os.environ["BASE_URL"] + "/chat/completions", asked)
    said = found["choices"][0]["message"]["content"]
    post(body["sessionWebhook"], {"msgtype": "text", "text": {"content": said}})


def post(url, content):
    request = urllib.request.Request(url, json.dumps(content).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as response:
        return json.load(response)
