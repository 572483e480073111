"""Each claim of SECURITY.md has its test: what is said there of doors is tried somewhere."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.documents import ROOT, Document

SECURITY = Document.at("SECURITY.md")
OLD, INGRESS, LISTS = "front_door/test_old_callbacks", "conversation/test_ingress", "conversation/test_lists"
EXPORT, ACCESS, AGE = "reply/test_export", "front_door/test_access", "reply/test_age"
WEBHOOK, CERTIFICATES = "reply/channels/test_session_webhook", "reply/lookup/test_certificates"
PACKAGES = "tools/test_packages_doors"

CLAIMS: dict[str, tuple[str, ...]] = {
    "read what the named person said": (f"{OLD}::test_the_bound",),
    "where the person is an administrator": (f"{EXPORT}::test_the_age_at_the_bound",),
    "have what they ask enter": (f"{OLD}::test_within_five_minutes_it_enters_the_conversation",),
    "a question is asked without context": (
        f"{OLD}::test_a_question_is_asked_of_nobody_in_particular",
        f"{OLD}::test_a_session_is_not_ended_by_it",
        f"{AGE}::test_questions_of_old_messages",
        f"{PACKAGES}::test_old_messages_at_reply",
    ),
    "commands that show or change": (
        f"{OLD}::test_commands_about_what_is_stored_are_refused",
        f"{AGE}::test_commands_of_old_messages",
        f"{PACKAGES}::test_old_commands_are_handed_over_as_their_refusal",
    ),
    "ask questions in anybody's name": (f"{OLD}::test_a_question_is_asked_of_nobody_in_particular",),
    "delay that person": (f"{OLD}::test_a_forged_slow_question_delays_the_next",),
    "claim a staff id": (f"{ACCESS}::test_what_each_person_sees", "reply/test_limits::test_tokens_of_a_day"),
    "have one answer twice": (f"{AGE}::test_the_very_callback_again_is_shown_a_saved_answer",),
    "make the functions post anywhere": (
        "shared/test_webhook::test_refused",
        "shared/test_webhook::test_what_is_accepted_has_one_reading",
        "front_door/test_connector_defects::test_07_a_foreign_webhook_is_never_posted_to",
    ),
    "invoke `reply` themselves": (
        "front_door/test_quiet_logs::test_no_secret_webhook_or_text_in_any_line",
        "test_s_yaml::test_dingtalk_may_call_and_nobody_else_has_a_trigger",
        f"{INGRESS}::test_no_secret_is_ever_logged",
    ),
    "go on after the hour": (f"{INGRESS}::test_the_age_of_a_signature",),
    "have a message answered that": (
        "front_door/test_connector_defects::test_01_the_same_message_twice_is_answered_once",
        f"{OLD}::test_a_delivery_that_is_repeated_late_shows_nothing_more",
    ),
    "who is allowed, denied": (
        f"{LISTS}::test_a_role_is_one_robots",
        f"{LISTS}::test_people_of_one_robot",
        f"{LISTS}::test_groups_of_one_robot",
        f"{LISTS}::test_with_several_robots_an_id_alone_means_nobody",
        f"{PACKAGES}::test_lists_of_two_robots",
    ),
    "conversations with their personas": (
        "reply/test_answer::test_two_robots_do_not_share",
        "reply/test_account::test_usage_is_of_one_robot",
        "reply/test_account::test_exports_are_of_one_robot",
        "reply/test_account::test_personas_modes_and_contexts_are_of_one_robot",
    ),
    "what looks like DingTalk's own": (
        "conversation/test_wrong_secret::test_once_an_hour_and_instance",
        "conversation/test_wrong_secret::test_what_the_line_says",
        "conversation/test_wrong_secret::test_scanners_are_none_of_these",
    ),
    "answers go to a session webhook": (f"{WEBHOOK}::test_refused_webhook",),
    "nothing is exported where": (f"{EXPORT}::test_it_is_off_unless_set",),
    "an event that is no message": ("reply/test_event::test_anything_else_is_unreadable",),
    "without `ADMIN_EXPORT` a refusal": (f"{EXPORT}::test_it_is_off_unless_set",),
    "sensitive words and the length": (f"{OLD}::test_what_binds_administrators_too",),
    "A list that is set": (
        f"{LISTS}::test_a_list_that_cannot_be_understood_is_closed",
        f"{PACKAGES}::test_lists_that_say_nothing",
    ),
    "`make build` stops at": (
        "tools/test_build_lists::test_a_list_that_closes_stops_the_build",
        "tools/test_doctor::test_mistakes_are_found_by_name",
    ),
    "they are for `ADMIN_USERS`": (
        f"{EXPORT}::test_who_may_not",
        "reply/test_usage::test_others_usage_is_for_administrators",
        "reply/test_usage::test_others_usage_needs_a_fresh_signature",
        "conversation/test_guards::test_every_command_of_the_table_is_held_to_its_flags",
    ),
    "exporting conversations is": (f"{EXPORT}::test_it_is_off_unless_set",),
    "an export is one object": (
        "front_door/test_lookups::test_an_export_opens_until_it_ends",
        f"{EXPORT}::test_the_link",
        f"{EXPORT}::test_who_exported_whom_is_in_the_log",
    ),
    "several people of one name": (
        f"{EXPORT}::test_several_people_of_one_name",
        f"{EXPORT}::test_a_name_that_is_somebodys_id",
    ),
    "**It calls nothing.**": ("front_door/test_connector_defects::test_15_an_empty_answer_is_a_sentence",),
    "**It mentions nobody.**": (f"{WEBHOOK}::test_mentions_of_the_model_notify_nobody",),
    "**Where it is posted": (f"{WEBHOOK}::test_refused_webhook",),
    "**It may hold links": (
        f"{WEBHOOK}::test_plain_body",
        "reply/test_session::test_sensitive_words_are_masked_and_not_remembered",
    ),
    "**It is no HTML.**": ("reply/test_markdown::test_clean", "reply/test_markdown::test_open_fence"),
    "**It is long at most**": (
        f"{WEBHOOK}::test_too_many_parts_are_cut",
        "reply/llm/test_answers::test_cuts_an_answer_without_end",
    ),
    "**It is remembered**": ("front_door/test_conversations::test_a_group_can_share_one_context",),
    "a name is resolved once": (
        "reply/lookup/test_addresses::test_what_is_not_public",
        "reply/lookup/test_addresses::test_the_checked_address_is_connected_to",
        f"{CERTIFICATES}::test_every_connection_is_checked",
    ),
    "`#域名` speaks HTTPS only": (
        "reply/lookup/test_https::test_a_server_that_is_not_who_it_says",
        "reply/lookup/test_https::test_redirects_that_are_not_followed",
    ),
    "at most 256 KB are read": (
        "reply/lookup/test_https::test_what_is_not_read",
        "reply/lookup/test_https::test_many_small_pieces_do_not_stretch_the_time",
    ),
    "`#证书` sends nothing after": (f"{CERTIFICATES}::test_what_is_wrong",),
    "what a registry or a certificate": ("reply/test_lookup_commands::test_names_of_others_are_no_markup",),
    "`#证书` says the same": (
        f"{CERTIFICATES}::test_a_port_without_a_certificate_takes_the_whole_time",
        "reply/test_lookup_commands::test_failures_are_sentences",
    ),
    "both count as a question": (
        "front_door/test_lookups::test_look_ups_count_as_questions",
        "reply/test_lookup_commands::test_failures_use_up_the_limit",
    ),
    "What is in a log line": ("shared/test_log::test_nothing_in_a_line_is_obeyed",),
    "`make smoke` and `make doctor`": (
        "tools/test_smoke::test_nothing_signed_goes_over_plain_http",
        "tools/test_make::test_no_secret_is_taken_from_a_command_line",
    ),
    "Secrets come from the environment": (
        "test_s_yaml::test_secrets_come_from_the_environment",
        "reply/llm/test_faults::test_the_failure_tells_no_secret",
        "reply/llm/test_faults::test_a_repeated_question_is_not_logged",
    ),
    "Texts are on your bucket": (
        "front_door/test_quiet_logs::test_no_secret_webhook_or_text_in_any_line",
        "front_door/test_quiet_logs::test_texts_are_logged_where_that_is_switched_on",
        f"{EXPORT}::test_without_texts",
    ),
    "**How long**": ("tools/test_forget::test_one_person_goes_and_everybody_else_stays",),
    "**Rotation**": (f"{LISTS}::test_one_robot_with_two_secrets_is_one",),
    "The two roles may do": ("tools/test_ram::test_conversation_may_hand_over_only",),
}
"""How each point of a list in the document begins, and the tests by which it is held (below tests/)."""


def claims() -> Iterator[str]:
    """Each point of a list, as far as its first line goes."""
    yield from re.findall(r"^- (.+)$", SECURITY.prose, re.MULTILINE)


def test_each_claim_has_its_test() -> None:
    """In the order of the document; no claim without a test, and none that is not made any more."""
    made, held = list(claims()), list(CLAIMS)
    assert len(made) == len(held)
    assert [claim for claim, begins in zip(made, held, strict=True) if not claim.startswith(begins)] == []


@pytest.mark.parametrize("test", sorted({test for tests in CLAIMS.values() for test in tests}))
def test_the_test_is_there(test: str) -> None:
    """By its name: whoever renames or drops it sees what it held."""
    module, _, name = test.partition("::")
    source = (ROOT / "tests" / f"{module}.py").read_text(encoding="utf-8")
    assert re.search(rf"^ *def {name}\(", source, re.MULTILINE)
