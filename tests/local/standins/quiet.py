"""A stand-in for `conversation` that acknowledges and leaves the answer to somebody else."""

import json


def handler(event, context):
    json.loads(event)
    return json.dumps({"statusCode": 200, "headers": {"Content-Type": "application/json"}, "body": "{}"})
