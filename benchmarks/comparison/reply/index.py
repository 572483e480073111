"""The comparison's answering function: bare `requests` for the model and for the answer."""

import json
import os

import requests


def handler(event, context):
    """Ask the model once, post what it says."""
    message = json.loads(event)
    response = requests.post(
        os.environ["BASE_URL"] + "/chat/completions",
        headers={"Authorization": f"Bearer {os.environ['CHATGPT_API_KEY']}"},
        json={"model": "gpt-4o-mini", "messages": [{"role": "user", "content": message["text"]}]},
        timeout=60,
    )
    answer = response.json()["choices"][0]["message"]["content"]
    requests.post(message["webhook"], json={"msgtype": "text", "text": {"content": answer}}, timeout=10)
    return "ok"
