"""Every sentence that a person in the chat can read, in two languages.

A field is a template for `str.format`; its placeholders are the same in both languages (tested).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Wording:
    """All sentences of one language."""

    language: str
    # Instant answers
    help: str
    help_intro: str
    help_remembers: str
    help_alone: str
    help_in_groups: str
    help_title: str
    command_line: str
    command_help: str
    command_templates: str
    command_clear: str
    command_single: str
    command_context: str
    command_persona: str
    command_usage: str
    command_balance: str
    command_domain: str
    command_certificate: str
    command_export: str
    command_group_id: str
    unknown_command: str
    unknown_command_nearest: str
    group_id: str
    templates_title: str
    templates_list: str
    templates_none: str
    template_line: str
    template_preview: str
    sentence_cut: str
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
    mode_no_context: str
    mode_returns: str
    name_single: str
    name_context: str
    persona_set: str
    persona_shown: str
    persona_none: str
    persona_unread: str
    persona_removed: str
    persona_too_long: str
    not_saved: str
    usage_amount: str
    usage_own: str
    usage_no_limit: str
    usage_questions_left: str
    usage_tokens_left: str
    usage_starts: str
    usage_everybody: str
    usage_month_left: str
    usage_day: str
    usage_person: str
    usage_somebody: str
    usage_nobody: str
    usage_choose: str
    usage_choice: str
    usage_unavailable: str
    balance_found: str
    balance_left: str
    balance_used: str
    balance_expires: str
    balance_not_offered: str
    balance_failed: str
    # What was looked up
    domain_usage: str
    target_several: str
    target_address: str
    target_port: str
    target_no_dot: str
    target_digits: str
    target_characters: str
    domain_found: str
    domain_parent: str
    certificate_usage: str
    certificate_found: str
    certificate_valid: str
    certificate_expired: str
    certificate_not_yet_valid: str
    certificate_self_signed: str
    certificate_untrusted: str
    certificate_wrong_name: str
    list_separator: str
    day_left: str
    day_over: str
    not_published: str
    more_names: str
    lookup_unknown_host: str
    lookup_not_public: str
    lookup_unreachable: str
    lookup_timeout: str
    lookup_not_found: str
    lookup_no_service: str
    lookup_busy: str
    lookup_unreadable: str
    lookup_no_tls: str
    # Exported conversations
    export_help: str
    export_off: str
    export_range_wrong: str
    export_nobody: str
    export_choose: str
    export_choice: str
    export_choices_cut: str
    export_ready: str
    export_texts_off: str
    export_cut: str
    export_failed: str
    export_slow: str
    export_title: str
    export_entry: str
    export_question: str
    export_answer: str
    name_private: str
    name_group: str
    outcome_answered: str
    outcome_failed: str
    outcome_refused: str
    outcome_command: str
    outcome_undeliverable: str
    # Limits that are reached
    limit_questions: str
    limit_tokens_day: str
    limit_tokens_left: str
    limit_tokens_month: str
    # The answer
    session_ended: str
    context_left_out: str
    context_dropped: str
    answer_title: str
    part: str
    parts_cut: str
    stalled: str
    length_cut: str
    filtered_cut: str
    error_cut: str
    pictures_left_out: str
    no_memory: str
    not_recalled: str
    not_remembered: str
    answered_late: str
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
    failed_thought_too_long: str
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
