"""Starting a package as FC does: its handler, from its folder alone, on the Python it was built for."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from shipping import ShippingError

# -I and -S leave the standard library alone on the path; then the package's folder is added, and nothing else.
_RUN = """
import importlib, json, os, pkgutil, sys
from types import SimpleNamespace as Values
folder, event = sys.argv[1], sys.stdin.buffer.read()
sys.path.insert(0, folder)
function = Values(name="started", handler="index.handler", memory=512, timeout=180)
context = Values(request_id="1-started", region="ap-northeast-1", account_id="1", function=function)
import index
answer = index.handler(event, context)
names = {module.name for module in pkgutil.iter_modules([folder])}
for finder in sys.meta_path:
    if type(finder).__module__ == "bundled":
        names |= {name for name in finder.names() if "." not in name}
for name in sorted(names):
    importlib.import_module(name)
here = os.path.realpath(folder) + os.sep
library = [os.path.realpath(p) + os.sep for p in (sys.base_prefix, os.path.dirname(os.__file__))]
files = [os.path.realpath(m.__file__) for m in list(sys.modules.values()) if getattr(m, "__file__", None)]
foreign = [f for f in files if not f.startswith((here, *library)) or "site-packages" in f[len(here):]]
print("\\n" + json.dumps({"answer": answer, "packages": sorted(names), "foreign": foreign}))
"""


@dataclass(frozen=True)
class Started:
    """What came of one invocation: the handler's answer, the packages in the folder, and the log it wrote."""

    answer: object
    packages: tuple[str, ...]
    log: str


def start(folder: Path, interpreter: list[str], event: bytes, environ: Mapping[str, str]) -> Started:
    """Invoke `folder`'s handler once in a fresh process, and import every package in it.

    Raises ShippingError when it raises, hangs for two minutes, or uses a module from elsewhere.
    """
    command = [*interpreter, "-I", "-S", "-B", "-X", "utf8", "-c", _RUN, str(folder)]
    try:
        done = subprocess.run(command, input=event, capture_output=True, env=dict(environ), timeout=120, check=False)
    except subprocess.TimeoutExpired as error:
        raise ShippingError(f"{folder} did not answer within two minutes when started") from error
    said = done.stdout.decode(errors="replace").strip().splitlines()
    if done.returncode:
        reason = (done.stderr.decode(errors="replace").strip().splitlines() or ["no reason given"])[-1]
        raise ShippingError(f"{folder} fails when started on {interpreter[0]}: {reason}")
    result = json.loads(said[-1])
    if result["foreign"]:
        raise ShippingError(f"{folder} uses {result['foreign'][0]}, which is not in it")
    return Started(result["answer"], tuple(result["packages"]), "\n".join(said[:-1]))
