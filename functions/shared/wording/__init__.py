"""Every sentence that a person in the chat can read, in two languages.

A field is a template for `str.format`; its placeholders are the same in both languages (tested).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Wording:
    """All sentences of one language."""

    # Instant answers
    help: str
    help_intro: str
    help_title: str
    command_line: str
    command_help: str
    command_templates: str
    command_clear: str
    command_single: str
    command_context: str
    command_persona: str
    command_group_id: str
    unknown_command: str
    unknown_command_nearest: str
    group_id: str
    templates_title: str
    templates_list: str
    templates_none: str
    template_line: str
    template_preview: str
    unsupported: str
    type_picture: str
    type_video: str
    type_file: str
    type_card: str
    type_record: str
    type_audio: str
    type_other: str
    too_large: str
    webhook_refused: str
    webhook_missing: str
    handover_refused: str
    handover_unknown: str
    # Refusals; none tells what is on a list
    refused_private: str
    refused_group_chat: str
    refused_group: str
    refused_user: str
    refused_sensitive: str
    refused_too_long: str
    refused_admins_only: str
    refused_only_private: str
    refused_stale: str
    # What a quote becomes in front of a question
    quoted: str
    quote_unreadable: str
    quote_cut: str
    # Commands
    cleared: str
    clear_failed: str
    mode_single: str
    mode_context: str
    mode_returns: str
    name_single: str
    name_context: str
    persona_set: str
    persona_shown: str
    persona_none: str
    persona_removed: str
    persona_too_long: str
    not_saved: str
    # The answer
    session_ended: str
    answer_title: str
    part: str
    parts_cut: str
    stalled: str
    length_cut: str
    no_memory: str
    not_remembered: str
    # Explained failures; each takes {request_id}
    failed_timeout: str
    failed_unreachable: str
    failed_busy: str
    failed_server: str
    failed_key_refused: str
    failed_quota: str
    failed_region: str
    failed_unknown_model: str
    failed_too_long: str
    failed_filtered: str
    failed_empty: str
    failed_not_json: str
    failed_bad_request: str
    failed_internal: str
    failed_settings: str
    failed_version: str
    failed_too_late: str
    failed_gave_up: str
    failed_answer_lost: str
    blocked_by_dingtalk: str


def wording(language: str) -> Wording:
    """The sentences of `language` ("zh" or "en"); only the one asked for is imported."""
    if language == "en":
        from shared.wording.en import EN

        return EN
    from shared.wording.zh import ZH

    return ZH
