"""The names that may stand in s.yaml, from the component's schema.

`s` takes a misspelt property in silence: https://github.com/devsapp/fc3/blob/master/src/schema.json
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

ANY: dict[str, Any] = {}
"""Whatever stands in it is taken."""

_ACTION = [{"run": None, "path": None, "plugin": None, "component": None}]
_DESTINATION = {"destination": None}
_HOOK = {"handler": None, "command": None, "timeout": None}

PROPS: dict[str, Any] = {
    "region": None,
    "functionName": None,
    "description": None,
    "runtime": None,
    "handler": None,
    "code": {"src": None, "ossBucketName": None, "ossObjectName": None},
    "cpu": None,
    "memorySize": None,
    "diskSize": None,
    "timeout": None,
    "internetAccess": None,
    "instanceConcurrency": None,
    "role": None,
    "logConfig": {
        "project": None,
        "logstore": None,
        "enableRequestMetrics": None,
        "enableInstanceMetrics": None,
        "logBeginRule": None,
    },
    "environmentVariables": ANY,
    "ossMountConfig": {
        "mountPoints": [{"bucketName": None, "bucketPath": None, "endpoint": None, "mountDir": None, "readOnly": None}]
    },
    "asyncInvokeConfig": {
        "asyncTask": None,
        "maxAsyncRetryAttempts": None,
        "maxAsyncEventAgeInSeconds": None,
        "qualifier": None,
        "destinationConfig": {"onFailure": _DESTINATION, "onSuccess": _DESTINATION},
    },
    "concurrencyConfig": {"reservedConcurrency": None},
    "instanceLifecycleConfig": {"initializer": _HOOK, "preStop": _HOOK},
    "provisionConfig": ANY,
    "scalingConfig": ANY,
    "vpcConfig": {"vpcId": None, "securityGroupId": None, "vSwitchIds": None},
    "nasConfig": ANY,
    "layers": None,
    "tracingConfig": ANY,
    "customDomain": ANY,
    "tags": [{"key": None, "value": None}],
    "triggers": [
        {
            "triggerName": None,
            "triggerType": None,
            "description": None,
            "qualifier": None,
            "triggerConfig": {"authType": None, "methods": None, "disableURLInternet": None},
        }
    ],
}
"""A name -> what may stand in it: None is a value, a dict its properties, a list of one dict a list of such."""

_RESOURCE = {"component": None, "access": None, "actions": {"pre-deploy": _ACTION}, "props": PROPS}
FILE: dict[str, Any] = {
    "edition": None,
    "name": None,
    "access": None,
    "vars": ANY,
    "actions": {"pre-deploy": _ACTION},
    "resources": {"conversation": _RESOURCE, "reply": _RESOURCE},
}
"""The whole file."""


def unknown_names(value: Any, known: Any = FILE, path: str = "") -> Iterator[str]:
    """The paths in `value` that `known` does not have, each like `.resources.reply.props.cpus`."""
    if isinstance(known, list) and isinstance(value, list):
        for number, item in enumerate(value):
            yield from unknown_names(item, known[0], f"{path}[{number}]")
    elif isinstance(known, dict) and known is not ANY and isinstance(value, dict):
        for name, inner in value.items():
            if name in known:
                yield from unknown_names(inner, known[name], f"{path}.{name}")
            else:
                yield f"{path}.{name}"
    elif isinstance(value, dict) and known is not ANY:
        yield f"{path} has properties"
