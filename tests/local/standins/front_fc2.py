"""A stand-in for `conversation` on FC 2.0: says how it was called."""

import json


def handler(environ, start_response):
    context = environ["fc.context"]
    credentials = getattr(context, "credentials", None)
    found = {
        "path": environ["PATH_INFO"],
        "query": environ["QUERY_STRING"],
        "timestamp": environ.get("HTTP_TIMESTAMP"),
        "body": environ["wsgi.input"].read().decode(),
        "credentials": credentials.access_key_id if credentials else "none",
    }
    start_response("201 Created", [("Content-Type", "application/json")])
    return [json.dumps(found).encode()]
