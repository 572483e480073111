"""Every fault that can be switched on by name: what it imitates, and what can be chosen about it.

DingTalk's codes: https://open.dingtalk.com/document/orgapp/server-api-error-codes-1 . Function Compute:
https://www.alibabacloud.com/help/en/functioncompute/fc/error-handling .
"""

from __future__ import annotations

from collections.abc import Mapping

from local.card_api import CALLS, FAILURES
from local.catalogue_entry import Entry, Parameter, choice, seconds
from local.catalogue_model import MODEL

__all__ = ["CATALOGUE", "ENTRIES", "GROUPS", "Entry", "Parameter"]

GROUPS: Mapping[str, tuple[str, str]] = {
    "dingtalk": ("钉钉", "DingTalk"),
    "fc": ("函数计算", "Function Compute"),
    "model": ("模型", "Model"),
    "bucket": ("存储桶", "Bucket"),
}
"""Titles in Chinese and English."""


_MATCH = Parameter("match", "只限路径里含有（留空则全部）", "only paths that contain (empty: all)", "")
_CODES = choice(
    "code",
    "错误码",
    "error code",
    *("300001", "-1", "130101", "410100", "90030", "460101", "310000", "40035", "43004", "400105"),
    *("400013", "400101", "400102", "400106", "430101", "430102", "430103", "430104", "999999"),
)
_CALL = choice("call", "哪个接口", "which call", *CALLS)
_ODD = choice("what", "怎样的应答", "which reply", "empty-json", "no-code", "text-code", "empty")
_ODD_REFUSAL = choice("what", "怎样的应答", "which reply", "empty-json", "no-code", "empty")
_NEWER = ("newer", "newer-breaking", "newer-unreadable")
_STEPS = ("start", "model", "answered", "post", "posted")
_AGAIN = Parameter("copies", "再投递几次", "how many more times", 1, low=1, high=20)


def _dingtalk(name: str, queue: str, kind: str, chinese: str, english: str, *more: Parameter) -> Entry:
    return Entry(name, "dingtalk", queue, kind, chinese, english, more)


def _fc(name: str, queue: str, kind: str, chinese: str, english: str, *more: Parameter) -> Entry:
    return Entry(name, "fc", queue, kind, chinese, english, more, "" if queue == "invoke" else "reply")


def _bucket(kind: str, chinese: str, english: str, *more: Parameter) -> Entry:
    return Entry(f"bucket-{kind}", "bucket", "disk", kind, chinese, english, (*more, _MATCH), "reply")


_DINGTALK = (
    _dingtalk(
        "redeliver",
        "callbacks",
        "redeliver-now",
        "钉钉没有收到应答，立刻重复投递同一条消息",
        "DingTalk has got no answer and delivers the same message again at once",
        _AGAIN,
    ),
    _dingtalk(
        "redeliver-later",
        "callbacks",
        "redeliver",
        "钉钉以为没有送达，约 60 秒后重复投递",
        "DingTalk believes that it was not delivered and does it again after some 60 s",
        seconds(60),
    ),
    _dingtalk(
        "out-of-order",
        "callbacks",
        "out-of-order",
        "这条消息在下一条之后才送达（最多等这么久）",
        "the message arrives after the next one (and waits for it at most so long)",
        seconds(30),
    ),
    _dingtalk(
        "webhook-expired",
        "callbacks",
        "expired",
        "会话 webhook 这么多秒后过期，而不是 90 分钟",
        "the session webhook expires after so many seconds instead of 90 minutes",
        seconds(0, 5400),
    ),
    _dingtalk(
        "errcode",
        "posts",
        "{code}",
        "钉钉用这个错误码拒收回答（HTTP 仍是 200）",
        "DingTalk refuses the answer with this error code (in an HTTP 200)",
        _CODES,
    ),
    _dingtalk(
        "http-error",
        "posts",
        "http-{status}",
        "钉钉的网关出错",
        "DingTalk's gateway fails",
        choice("status", "状态码", "status", "500", "502", "504", "503", "429", "413", "403", "404"),
    ),
    _dingtalk(
        "odd-response",
        "posts",
        "shown-then-{what}",
        "回答已显示，但应答不合规矩",
        "the answer is shown, and DingTalk's reply is not as documented",
        _ODD,
    ),
    _dingtalk(
        "odd-refusal",
        "posts",
        "{what}",
        "回答没有显示，应答也不合规矩",
        "the answer is not shown, and DingTalk's reply is not as documented",
        _ODD_REFUSAL,
    ),
    _dingtalk(
        "redirect", "posts", "http-302", "webhook 把回答重定向到别处", "the webhook redirects the answer elsewhere"
    ),
    _dingtalk(
        "html", "posts", "html", "钉钉返回一个 HTML 页面（HTTP 200）", "DingTalk answers with an HTML page (HTTP 200)"
    ),
    _dingtalk(
        "throttled",
        "posts",
        "throttled",
        "出口 IP 被限流（status 1111）",
        "the outgoing IP address is throttled (status 1111)",
    ),
    _dingtalk(
        "post-cut", "posts", "reset", "连接断开，回答没有显示", "the connection breaks, and the answer is not shown"
    ),
    _dingtalk(
        "timeout-after-delivery",
        "posts",
        "shown-then-slow",
        "回答已显示，但应答迟迟不来",
        "the answer is shown, but DingTalk's reply is this late",
        seconds(30),
    ),
    _dingtalk(
        "cut-after-delivery",
        "posts",
        "shown-then-reset",
        "回答已显示，但连接在应答前断开",
        "the answer is shown, but the connection breaks before DingTalk's reply",
    ),
    _dingtalk(
        "slow-post", "posts", "slow", "钉钉这么久才接受回答", "DingTalk takes so long to accept the answer", seconds(3)
    ),
    _dingtalk(
        "card-refused",
        "cards",
        "{call}:{code}",
        "卡片接口出错，或限流（403 QpsLimit）",
        "the card interface fails, or throttles (403 QpsLimit)",
        _CALL,
        choice("code", "错误码", "code", *FAILURES),
    ),
    _dingtalk(
        "card-slow",
        "cards",
        "{call}:slow",
        "卡片接口这么久才应答",
        "the card interface takes so long to answer",
        _CALL,
        seconds(3),
    ),
)
_FC = (
    _fc(
        "invoke-refused",
        "invoke",
        "{status}",
        "函数计算拒绝异步调用",
        "Function Compute refuses the asynchronous invocation",
        choice("status", "状态码", "status", "403", "400", "404", "412", "500", "503"),
    ),
    _fc(
        "credentials-expired",
        "invoke",
        "credentials-expired",
        "调用所用的临时凭证已过期",
        "the credentials for the invocation have expired",
    ),
    _fc(
        "other-version",
        "invoke",
        "version-{which}",
        "两个函数的版本不同",
        "the two functions are of different versions",
        choice("which", "conversation 的版本", "version of conversation", "older", *_NEWER),
    ),
    _fc("invoke-throttled", "invoke", "429", "异步调用被限流（429）", "the asynchronous invocation is throttled (429)"),
    _fc(
        "invoke-cut",
        "invoke",
        "reset",
        "调用时连接断开，没有被接受",
        "the connection breaks, and the invocation is not accepted",
    ),
    _fc(
        "invoke-unknown",
        "invoke",
        "accepted-then-reset",
        "调用已被接受，但连接在应答前断开",
        "the invocation is accepted, but the connection breaks before the reply",
    ),
    _fc(
        "invoke-duplicated",
        "invoke",
        "duplicate",
        "调用被接受一次，却运行两次",
        "the invocation is accepted once and run twice",
    ),
    _fc("invoke-lost", "invoke", "lost", "调用被接受，却从未运行", "the invocation is accepted and never run"),
    _fc(
        "invoke-slow",
        "invoke",
        "slow",
        "函数计算这么久才接受调用",
        "Function Compute takes so long to accept the invocation",
        seconds(2),
    ),
    _fc(
        "queued",
        "starts",
        "late",
        "事件在队列里等这么久",
        "the event waits in the queue for so long",
        seconds(60, 86_400),
    ),
    _fc(
        "cold-start",
        "starts",
        "cold",
        "没有空闲实例，新实例这么久才启动",
        "no instance is idle, and a new one takes so long to start",
        seconds(3),
    ),
    _fc(
        "killed",
        "kills",
        "{step}",
        "reply 的实例在这一步被杀死",
        "the instance of reply is killed at this step",
        choice("step", "步骤", "step", *_STEPS, "end"),
    ),
    Entry(
        "conversation-killed",
        "fc",
        "kills",
        "{step}",
        "conversation 的实例在这一步被杀死",
        "the instance of conversation is killed at this step",
        (choice("step", "步骤", "step", "start", "invoke", "invoked", "end"),),
        "conversation",
    ),
    _fc(
        "frozen",
        "kills",
        "freeze-{step}",
        "reply 的实例在这一步停住，直到超时被杀死",
        "the instance of reply stops at this step until its time-out kills it",
        choice("step", "步骤", "step", *_STEPS),
    ),
)
_BUCKET = (
    _bucket("slow", "每次文件操作都要这么久", "every file operation takes so long", seconds(0.5, 60)),
    _bucket("read-only", "挂载点变成只读（EROFS）", "the mount has become read-only (EROFS)"),
    _bucket("full", "空间已满（ENOSPC）", "no space is left (ENOSPC)"),
    _bucket("permission", "角色没有权限（EACCES）", "the role may not (EACCES)"),
    _bucket("missing", "挂载点不见了（ENOENT）", "the mount is gone (ENOENT)"),
    _bucket(
        "error-at-close",
        "上传失败，关闭文件时才报错（EIO）",
        "the upload fails, which only closing the file tells (EIO)",
    ),
    _bucket("stale", "列目录看不到此后的新文件", "listings do not show what is new from now on"),
    _bucket("corrupt", "读到的内容中间被破坏", "what is read has other bytes in its middle"),
)

ENTRIES = (*_DINGTALK, *_FC, *MODEL, *_BUCKET)
"""In the order in which they are shown."""

CATALOGUE: Mapping[str, Entry] = {entry.id: entry for entry in ENTRIES}
"""By id."""
