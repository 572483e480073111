"""What to do about each ERROR and WARNING line: one sentence for each event, the same as in docs/operations.md.

Loaded when the first such line is written: most requests never write one.
"""

from __future__ import annotations

from collections.abc import Mapping

from shared.errors import ModelFailure

_BUCKET = "the OSS mount, the role, the bucket's quota, OSS's status page"
_DEFECT = "a defect of the program: report this line"
LATE = "find out why it took so long: queue_ms, throttles"
"""Of a session webhook that has expired."""

REMEDIES: Mapping[str, str] = {
    # conversation
    "refused_settings": "correct the settings named in remedy_1 and so on, make doctor, deploy",
    "rejected": "correct the settings named in remedy_1 and so on, make doctor, deploy",
    "signature_unknown": "was a robot's secret reset, or is it another robot? compare the secret with the app's page, "
    "make doctor, deploy",
    "refused_webhook": "a dedicated or international DingTalk: add its host to WEBHOOK_HOSTS; else somebody with a "
    "captured signature tries out addresses: rotate the secret",
    "quota_used_up": "buy more, or wait for the next month",
    "hand_over_unknown": "single ones: nothing; many: FC's status page, INVOKE_ENDPOINT",
    "fault": _DEFECT,
    "service_name_ignored": "remove SERVICE_NAME",
    # reply: failures that were explained
    "settings_incomplete": "correct the settings named in problems, make doctor, deploy",
    "later_version": "deploy both functions together",
    "too_late": "see what held it up: throttles, the backlog of reply, FC's own lines; raise the account's limits",
    "watchdog": "see what was slow in this run: the model, the bucket or DingTalk; lower TIMEOUT, or raise the "
    "function's time-out",
    "last_attempt": "see how the earlier runs died: FC's lines with time-out or out of memory; raise memorySize or "
    "the function's time-out",
    "gave_up": "read the earlier lines of this request id",
    "answer_lost": "read the earlier lines of this request id; tell the person to ask again",
    "answer_blank": "single ones: nothing; many: another MODEL, or SYSTEM_PROMPT",
    "internal_error": _DEFECT,
    "export_failed": f"{_BUCKET}; OSS_BUCKET, OSS_ENDPOINT, the role's oss:PutObject",
    "export_slow": "nothing: the administrator was told to ask for fewer days",
    "usage_unread": _BUCKET,
    "lookup_failed": "single ones: nothing; many unreachable or timeout: the function's way out to the internet",
    "balance_unknown": "with offered true: see provider_error; else nothing",
    # reply: what the person saw, or did not
    "watchdog_unheard": "look for the same request id later; where no outcome follows, see the code",
    "watchdog_broken": _DEFECT,
    "layout_failed": _DEFECT,
    "delivery_in_doubt": "the person may have seen it several times, once or not at all: ask them",
    "delivery_delayed": "single ones: nothing; many: see the code",
    "post_refused": "single ones: nothing; many: see the errcode",
    "went_ahead": "many: answers take too long, see model_ms",
    "same_id_other_body": "many: somebody repeats a captured signature with bodies of their own: rotate the secret",
    "asked_without_context": "many filtered: another provider; many bad_request: report this line",
    "model_retired": "set MODEL to another one of the provider's",
    "model_key_passed_over": "replace the key with this number in CHATGPT_API_KEY or AZURE_OPENAI_TOKEN",
    # reply: the event
    "event_unreadable": "deploy both functions together; else see who may invoke reply: nobody but conversation and "
    "FC's failure destination should",
    # reply: the bucket
    "claim_failed": "OSS_BUCKET, OSS_ENDPOINT, the role's oss:PutObject and oss:GetObject",
    "conversation_unread": _BUCKET,
    "conversation_unsaved": _BUCKET,
    "limit_not_enforced": _BUCKET,
    "records_unread": _BUCKET,
    "record_unopened": _BUCKET,
    "record_unsaved": _BUCKET,
    "unreadable_file_set_aside": "look at the file; delete it when it is of no use",
    "open_record_left": "many: the role's oss:DeleteObject",
    "count_unsaved": f"many: {_BUCKET}",
    "sheet_unreadable": f"many: {_BUCKET}",
    "usage_unsaved": _BUCKET,
    "usage_unfolded": f"many: {_BUCKET}",
    "rollup_unreadable": "nothing; remove the named file if the line comes back",
    "leftover_file": "many: the role's oss:DeleteObject",
    "unreadable_file_young": "many: OSS's status page",
    "set_aside_failed": _BUCKET,
}
"""By event. Those of `hand_over_refused`, `model_failed`, `answer_cut` and `undeliverable` depend on a code and stand
beside it.
"""

MODEL_REMEDIES: Mapping[ModelFailure, str] = {
    ModelFailure.TIMEOUT: "a faster model, a shorter MAX_ANSWER_LEN, or a longer TIMEOUT",
    ModelFailure.UNREACHABLE: "BASE_URL, HTTP_PROXY, and whether the region may reach the provider",
    ModelFailure.BUSY: "raise the limits at the provider, or add keys of other accounts to CHATGPT_API_KEY",
    ModelFailure.SERVER: "the provider's status page",
    ModelFailure.KEY_REFUSED: "a valid key for this provider and region; see rotation",
    ModelFailure.QUOTA: "top up the account; with a relay, the token's own quota too",
    ModelFailure.REGION: "the provider does not serve the functions' region: another REGION, or another provider",
    ModelFailure.UNKNOWN_MODEL: "MODEL, or AZURE_DEPLOYMENT_NAME, as the provider lists it; with a relay, a channel "
    "for it in the token's group",
    ModelFailure.TOO_LONG: "nothing for one question; if many: lower HISTORY_LENGTH, set MAX_TEXT, "
    "shorten SYSTEM_PROMPT",
    ModelFailure.FILTERED: "nothing: the provider's content filter refused question or answer",
    ModelFailure.EMPTY: "single ones: nothing; many: MAX_ANSWER_LEN is used up by thinking: raise it",
    ModelFailure.THOUGHT_TOO_LONG: "many: raise MAX_ANSWER_LEN, or take a model that thinks less",
    ModelFailure.NOT_JSON: "BASE_URL leads to a page, not to an API: make doctor says which form of it works",
    ModelFailure.BAD_REQUEST: "TEMPERATURE, MAX_ANSWER_LEN, AZURE_API_VERSION; else report the line",
}
"""Of `model_failed`, by its reason."""

CUT_REMEDIES: Mapping[str, str] = {
    "length": "many: raise MAX_ANSWER_LEN, or take a model with longer answers",
    "filtered": "nothing: the provider's content filter",
    "error": "many: look for the code at the provider, or take another model",
    "stalled": "with model_ms near TIMEOUT the time ran out: raise it, or take a faster model; else the connection "
    "broke",
}
"""Of `answer_cut`, by its reason."""
