"""The parts of a local cloud and how they are joined; everything here runs in the cloud's own event loop."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from local import frames
from local.callbacks import Callbacks
from local.clock import CloudClock
from local.dingtalk import DingTalk, concerned
from local.faults import Concerned
from local.fc import FunctionCompute, Invocation
from local.fc_http import InvokeApi, Trigger
from local.functions import SERVICE, Function
from local.instances import Disk
from local.messages import Sent, Shown
from local.model import Model
from local.options import Options
from local.oss import BUCKET, ObjectStorage
from local.people import ROBOT_NAME
from local.pool import Pool
from local.switches import Switches
from local.web import HOST

HEAVY = ("openai", "requests", "socksio")


class Parts:
    """Function Compute, DingTalk, the model and object storage, wired to each other."""

    def __init__(self, options: Options, bucket: Path) -> None:
        self.options, self.bucket = options, bucket
        self._code = tuple(path.absolute() for path in options.code)
        self.clock = CloudClock()
        self.disk = Disk(str(bucket), options.watch_files)
        # A function alone has no other that is told of its failures.
        rules = replace(options.rules, on_failure="") if options.alone else options.rules
        self.fc = FunctionCompute({}, self.clock, rules)
        self.fc.pace_of_doubles = options.pace_of_doubles
        self.dingtalk = DingTalk(self.clock, options.secret, self.fc.reached)
        self.dingtalk.robot_name = ROBOT_NAME[options.language]
        self.model = Model(
            self.clock, self.fc.reached, self._turn_of, language=options.language, pace=options.model_pace
        )
        self.oss = ObjectStorage(self.clock)
        self.trigger = Trigger(self.fc, self.clock, "conversation", options.platform)
        self.api = InvokeApi(self.fc, self.clock)
        self.callbacks = Callbacks(self.dingtalk, self.clock)
        self.switches = Switches(
            {
                "callbacks": self.dingtalk.callbacks,
                "posts": self.dingtalk.faults,
                "cards": self.dingtalk.cards.faults,
                "invoke": self.fc.faults,
                "starts": self.fc.starts,
                "kills": self.fc.kills,
                "model": self.model.faults,
                "disk": self.fc.disk,
            }
        )
        self.listeners: list[Callable[[Sent | Shown], None]] = []
        self.fc.changed = self._invocation_changed
        self.fc.concerned = self._concerned
        self.model.concerned = self._concerned_by
        self.dingtalk.changed = self._message_changed
        self.dingtalk.cards.caller = self._sent_by
        self.dingtalk.behind = self._instance_behind
        self.clock.listen(lambda offset: self.broadcast({"kind": "clock", "offset": offset}))
        self._instances: asyncio.base_events.Server | None = None

    async def start(self) -> None:
        """Open every port and get the functions ready to start."""
        for site in (self.trigger.site, self.api.site, self.dingtalk.site, self.model.site, self.oss.site):
            await site.start()
        self.dingtalk.trigger = self.trigger.site.url
        self._instances = await asyncio.start_server(self._instance, HOST, 0, backlog=1024)
        address = self._instances.sockets[0].getsockname()
        options = self.options
        for function in (self._conversation(), *(() if options.alone else (self._reply(),))):
            pool = Pool(function, self.clock, self.disk, options.pace, options.idle_seconds)
            pool.open((address[0], address[1]))
            pool.on_log = lambda line: self.fc.on_log(line)
            self.fc.pools[function.name] = pool

    async def stop(self) -> None:
        """Close everything; no process is left."""
        await self.callbacks.close()
        await self.dingtalk.close()
        await self.fc.abandon()
        if self._instances is not None:
            self._instances.close()
        for site in (self.trigger.site, self.api.site, self.dingtalk.site, self.model.site, self.oss.site):
            await site.stop()

    @property
    def administrators(self) -> frozenset[str]:
        """Staff ids of the robot's own administrators, as its setting ADMIN_USERS has them."""
        named = self._conversation().settings.get("ADMIN_USERS", "").replace("，", ",")
        return frozenset(filter(None, map(str.strip, named.split(","))))

    async def forget(self) -> None:
        """Be as new: no message, no fault, nothing that runs, the right time, and an empty bucket unless it is kept."""
        self.switches.clear()
        self.clock.move_to(0.0)
        await self.callbacks.close()
        await self.fc.abandon()  # what still runs would write into the bucket afterwards
        self.dingtalk.forget()
        self.fc.forget()
        self.model.requests.clear()
        self.oss.objects.clear()
        if not self.options.bucket_kept:
            await asyncio.to_thread(_empty, self.bucket)

    def _invocation_changed(self, invocation: Invocation) -> None:
        sent = self.dingtalk.sender_of(invocation.event)
        if sent is not None:
            self._message_changed(sent)

    def _concerned(self, event: bytes) -> Concerned:
        return concerned(self.dingtalk.sender_of(event))

    def _concerned_by(self, port: int) -> Concerned:
        return concerned(self._sent_by(port))

    def _sent_by(self, port: int) -> Sent | None:
        invocation = self.fc.caller(port)
        return self.dingtalk.sender_of(invocation.event) if invocation else None

    def _instance_behind(self, port: int) -> str:
        instance = self.fc.behind(port)
        return instance.name if instance else ""

    def _message_changed(self, message: Sent | Shown) -> None:
        for listener in list(self.listeners):
            listener(message)

    def broadcast(self, frame: Mapping[str, object]) -> None:
        """Tell every instance."""
        for pool in self.fc.pools.values():
            pool.broadcast(frame)

    def _turn_of(self, port: int) -> str:
        invocation = self.fc.caller(port)
        return invocation.request_id if invocation else ""

    async def _instance(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            hello = await frames.receive_async(reader)
            function, _, name = (hello or {}).get("token", "").partition(":")
            if hello is not None and function in self.fc.pools:
                await self.fc.pools[function].attend(name, hello["pid"], reader, writer)
        except asyncio.CancelledError:
            pass  # the cloud is closing
        finally:
            writer.close()

    def _conversation(self) -> Function:
        options = self.options
        defaults: dict[str, str | None] = {
            "DINGTALK_APP_SECRET": options.secret,
            "INVOKE_ENDPOINT": self.api.site.url,
            "CHATGPT_FUNCTION": "conversation" if options.alone else "reply",
            "SERVICE_NAME": SERVICE if options.platform == "fc2" else None,
            **(self._model_and_bucket() if options.alone else {}),
        }
        own = {**options.conversation_settings, **(options.reply_settings if options.alone else {})}
        return Function(
            "conversation",
            options.conversation_handler,
            self._settings(defaults, own),
            self._code,
            options.conversation_timeout,
            128,
            options.instances,
            options.runtime,
            skew=options.skew.get("conversation", (0.0,)),
        )

    def _reply(self) -> Function:
        options = self.options
        return Function(
            "reply",
            options.reply_handler,
            self._settings(self._model_and_bucket(), options.reply_settings),
            self._code,
            options.reply_timeout,
            512,
            options.instances,
            options.runtime,
            (*HEAVY, "oss2") if options.settings.get("CLAIM") == "oss" else HEAVY,
            options.skew.get("reply", (0.0,)),
        )

    def _model_and_bucket(self) -> dict[str, str | None]:
        return {
            "CHATGPT_API_KEY": "sk-local-cloud-demonstration",
            "BASE_URL": f"{self.model.site.url}/v1",
            "OSS_MOUNT_POINT": str(self.bucket),
            "OSS_BUCKET": BUCKET,
            "OSS_ENDPOINT": self.oss.site.url,
        }

    def _settings(self, defaults: Mapping[str, str | None], own: Mapping[str, str | None]) -> dict[str, str]:
        common = {
            "WEBHOOK_HOSTS": HOST,
            "DINGTALK_API_ENDPOINT": self.dingtalk.site.url,
            "LANGUAGE": self.options.language,
        }
        merged = {**common, **defaults, **self.options.settings, **own}
        return {name: value for name, value in merged.items() if value is not None}


def prepare_bucket(folder: Path) -> Path:
    """Make the folder that stands for the mounted bucket. Raises OSError when it cannot be written."""
    folder.mkdir(parents=True, exist_ok=True)
    if not os.access(folder, os.W_OK):
        raise PermissionError(f"the folder {folder} cannot be written")
    return folder.resolve()


def _empty(folder: Path) -> None:
    """Remove what is in the folder, and leave it where it is."""
    for entry in folder.iterdir():
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry, ignore_errors=True)
        else:
            entry.unlink(missing_ok=True)
