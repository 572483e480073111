"""English sentences."""

from __future__ import annotations

from shared.wording import Wording

EN = Wording(
    language="en",
    help="{intro}\n\nCommands:\n\n{commands}",
    help_intro="Just ask. {memory}{groups}You can also quote a message and ask about it, or send a voice message.",
    help_remembers="I remember the last few rounds of this conversation. ",
    help_alone="Each question is answered on its own. ",
    help_in_groups="In a group, mention me first. ",
    help_title="Help",
    command_line="- {word}: {summary}",
    command_help="show this help",
    command_templates="list the prompt templates; `#title your text` uses one, `#title` alone previews it",
    command_clear="forget this conversation's context and start afresh",
    command_single="each question on its own, without context",
    command_context="a conversation with context",
    command_persona="`/persona you are a lawyer` gives this conversation a persona, `/persona` shows it, "
    "`/persona clear` removes it",
    command_usage="what you have used today and this month; administrators also see others with `/usage all` and "
    "`/usage name`",
    command_balance="what is left on the account with the model's provider (administrators only, in a private chat)",
    command_domain="`/domain example.com`: when a domain was registered, when it expires, and with whom",
    command_certificate="`/certificate example.com`: how long a site's certificate holds and who issued it; with a "
    "port: `/certificate example.com:8443`",
    command_export="`/export username:Ann`: export what one person asked and was answered (administrators only)",
    command_group_id="show the id of this conversation (administrators only)",
    unknown_command="There is no command `{word}`. Send `/help` to see them all; if this is a question, "
    "please write a few more words and send it again.",
    unknown_command_nearest="There is no command `{word}`. Did you mean `{nearest}`? Send `/help` to see them all; "
    "if this is a question, please write a few more words and send it again.",
    group_id="The id of this conversation is:\n{id}",
    templates_title="Prompt templates",
    templates_list="There are these prompt templates:\n\n{titles}\n\n"
    "Send `#title your text` to use one once, or `#title` alone to preview it.",
    templates_none="No prompt templates are set up here.",
    template_line="- `{title}`",
    template_preview="{title}:\n{prefix}___your text___{suffix}",
    sentence_cut="{begin}… (too long: only the beginning is shown)",
    unsupported="I cannot read {kind} yet. Please ask in text or by voice; text between pictures works too.",
    type_picture="pictures",
    type_video="videos",
    type_file="files",
    type_card="cards",
    type_record="forwarded chat records",
    type_audio="voice messages without recognised text",
    type_other="this kind of message",
    too_large="This message is too large ({size} KB; the limit is {limit} KB). "
    "Please shorten it and send it again. Request id: {request_id}",
    webhook_refused="This message's reply address is not an allowed one, so I cannot answer. "
    "Please give your administrator this request id: {request_id}",
    webhook_missing="This message came without a reply address, so I cannot answer. "
    "Please give your administrator this request id: {request_id}",
    handover_refused="Sorry, I could not start on this message. Please send it again in a while. "
    "Request id: {request_id}",
    handover_unknown="This message may be on its way. If no answer comes within two minutes, please send it again. "
    "Request id: {request_id}",
    refused_private="Sorry, I only answer in groups at the moment. Please mention me in one.",
    refused_group_chat="Sorry, I only answer in private chats at the moment. Please write to me directly.",
    refused_group="Sorry, I cannot be used in this group yet. If you need me here, please give your administrator this "
    "request id: {request_id}",
    refused_user="Sorry, you cannot use me yet. If you need to, please give your administrator this request id: "
    "{request_id}",
    refused_sensitive="Sorry, there is a word in this message that may not be used. Please put it differently.",
    refused_too_long="Sorry, this question is too long (about {size} tokens; the limit is {limit}). "
    "Please shorten it and send it again.",
    refused_admins_only="Sorry, only administrators can use this command.",
    refused_only_private="This command shows what a group should not see and works in private chats only. "
    "Please send it to me directly.",
    refused_stale="This message was on its way for too long. The command shows or changes what is kept, so please send "
    "it again, to be safe.",
    quoted="Quoted message:\n{quote}\n\nMy question:\n{question}",
    quote_unreadable="(The user quoted a message whose content the bot cannot read.)\n\n{question}",
    quote_cut="{quote}… (quote cut)",
    cleared="Done: what was said before in this conversation is forgotten. Ask away.",
    clear_failed="Sorry, storage is unavailable and the context was not cleared. Please try again in a while. "
    "Request id: {request_id}",
    mode_single="Now each question stands **on its own**, without context. {returns}",
    mode_context="Now I remember the last few rounds of this **conversation**. {returns}",
    mode_no_context="This is now a **conversation**, but no context is kept here: each question is still answered "
    "on its own. {returns}",
    mode_returns="After {minutes} minutes without use the default returns: {mode}.",
    name_single="each question on its own",
    name_context="with context",
    persona_set="From now on, in this conversation, I am:\n\n{persona}",
    persona_shown="In this conversation I am:\n\n{persona}\n\nSend `/persona clear` to remove it.",
    persona_none="This conversation has no persona. Send `/persona` and a description to give it one, such as: "
    "`/persona you are a patient teacher of English`.",
    persona_unread="Sorry, the storage is down, so I cannot tell this conversation's persona. Please try again in a "
    "while. Request id: {request_id}",
    persona_removed="Done: this conversation has no persona any more.",
    persona_too_long="The persona is too long ({size} characters; the limit is {limit}). Please shorten it.",
    not_saved="Sorry, storage is unavailable and this was not saved. Please try again in a while. "
    "Request id: {request_id}",
    usage_amount="{questions} asked, {tokens} tokens",
    usage_own="**Your usage**\n\n- Today: {today}\n- This month: {month}\n{left}",
    usage_no_limit="No limit on questions or tokens",
    usage_questions_left="{left} questions left today (of {limit} a day)",
    usage_tokens_left="{left} tokens left today (of {limit} a day)",
    usage_starts="Starts again at {starts}",
    usage_everybody="**Everybody's usage**\n\nThis month: {month}\n\n**Each day**\n\n{days}\n\n"
    "**Who used most**\n\n{people}",
    usage_month_left="{left} tokens left this month (of {limit} a month)",
    usage_day="- {day}: {used}, people: {people}",
    usage_person="- {who}: {used}",
    usage_somebody="**Usage** {who}\n\n- Today: {today}\n- This month: {month}",
    usage_nobody="I found no usage of {name} this month. Give a name or a user id; `/usage all` shows everybody's.",
    usage_choose="There are {count} people called {name}. Please send the command again with one of their user ids:"
    "\n\n{choices}",
    usage_choice="- {who}",
    usage_unavailable="Sorry, storage is unavailable and I could not look up the usage. Please try again in a while. "
    "Request id: {request_id}",
    balance_found="**Account with the model's provider**\n\n{lines}",
    balance_left="{left} left",
    balance_used="{used} used of {granted}",
    balance_expires=", expires on {day}",
    balance_not_offered="This provider has no interface that tells the balance; see its console. "
    "`/usage all` shows what this bot has used.",
    balance_failed="Sorry, the provider did not tell the balance this time. Please try again in a while. "
    "`/usage all` shows what this bot has used.",
    domain_usage="Please add the domain to look up, for example: `/domain example.com`.",
    target_several="I look up one at a time, and there are blanks in {name}.",
    target_address="{name} is an IP address, not a domain.",
    target_port="The port of {name} is wrong; it is a number from 1 to 65535.",
    target_no_dot="{name} is not a whole name: there is no dot in it.",
    target_digits="{name} is not a domain: what stands behind the last dot is never a number.",
    target_characters="{name} is not a name: a character, a dot or a hyphen in it cannot be where it is.",
    domain_found="**Domain** {name}\n\n- **Registered:** {registered}\n- **Expires:** {expires}\n- **Registrar:** "
    "{registrar}",
    domain_parent="(The name you gave is not registered by itself; this is the domain above it.)",
    certificate_usage="Please add the site to look at, for example: `/certificate example.com` or "
    "`/certificate example.com:8443`.",
    certificate_found="**Certificate** {name}\n\n- **State:** {verdict}\n- **Valid from:** {begins}\n- **Valid "
    "until:** {ends}\n- **Issuer:** {issuer}\n- **Names:** {names}",
    certificate_valid="valid",
    certificate_expired="**expired**",
    certificate_not_yet_valid="**not valid yet**",
    certificate_self_signed="**self-signed**: no authority vouches for it",
    certificate_untrusted="**not trusted** (unknown issuer, incomplete chain or weak key)",
    certificate_wrong_name="**not made out to this name**",
    list_separator="; ",
    day_left="({days} days left)",
    day_over="({days} days ago)",
    not_published="not published",
    more_names=" and more, {total} in all",
    lookup_unknown_host="{name} has no address on the network. Please check the name.",
    lookup_not_public="{name} is not a public address; I only look at what anybody on the internet can reach.",
    lookup_unreachable="{name} or its registry cannot be reached. Please check the name and the port, or try again "
    "in a while.",
    lookup_timeout="Looking up {name} took too long. Please try again in a while.",
    lookup_not_found="{name} is not registered, or its registry has no record of it.",
    lookup_no_service="The registry of {name} offers no public look-up by RDAP (.cn is one of these); please ask "
    "the registry.",
    lookup_busy="The registry takes no more questions for now; please look up {name} again in a few minutes.",
    lookup_unreadable="What came back for {name} could not be read, so nothing was found this time.",
    lookup_no_tls="No certificate can be seen on this port of {name}: it may not be reachable, speak no TLS, or be too "
    "slow. Please check the name and the port.",
    export_help="`/export username:Ann` exports what one person asked and was answered in the last {days} days; a user "
    "id works too: `/export userid:0123`.\n\nFor other days add them: `/export username:Ann "
    "2026-11-01..2026-11-20`, at most {most} days.",
    export_off="Exporting conversations is switched off. Where it is needed, whoever deploys this bot sets "
    "`ADMIN_EXPORT` to `on`, after reading SECURITY.md.",
    export_range_wrong="These days cannot be used: please write `2026-11-01..2026-11-20`, the earlier one first, "
    "at most {most} days.",
    export_nobody="There are no records of {name} from {first} to {last}. Please check the name, or choose other days.",
    export_choose="There are {count} people called {name}. Please send the command again with one of their user "
    "ids:\n\n{choices}",
    export_choice="- `/export userid:{id}`, last seen on {day}",
    export_choices_cut="\n- and more; these are the first {shown}",
    export_ready="**Conversations** {who}\n\n- Days: {first} to {last}\n- Messages: {count}\n\n[Download the Markdown "
    "file]({link})\n\nThe link stops working after {minutes} minutes; until then it opens for anybody who "
    "has it, so do not pass it on.",
    export_texts_off="(Texts are not kept here: there are times, outcomes and usage, but no questions and answers.)",
    export_cut="(There are too many records; these are the latest {count}. You can export fewer days at a time.)",
    export_failed="Sorry, storage is unavailable and nothing was exported. Please try again in a while. Request id: "
    "{request_id}",
    export_slow="Sorry, there are too many records to read in time. Please choose fewer days, or give a user id. "
    "Request id: {request_id}",
    export_title="Conversations of {who}, {first} to {last}",
    export_entry="{time} · {where} · {outcome} · {tokens} tokens",
    export_question="Question",
    export_answer="Answer",
    name_private="private chat",
    name_group="group chat",
    outcome_answered="answered",
    outcome_failed="failed",
    outcome_refused="refused",
    outcome_command="command",
    outcome_undeliverable="not delivered",
    limit_questions="You have used your {limit} questions for today; they start again at {starts}. "
    "If you need more, please ask your administrator.",
    limit_tokens_day="You have used your {limit} tokens for today; they start again at {starts}. "
    "If you need more, please ask your administrator.",
    limit_tokens_left="You have {left} of {limit} tokens left today; with the questions being answered that is too few "
    "for this one. Wait for them, shorten it, or send `/clear` first; it starts again on {starts}.",
    limit_tokens_month="This bot's tokens for this month are used up, or too few for an answer; you can go on asking "
    "from {starts}. If you need more, ask an administrator.",
    session_ended="(It has been a while: the earlier context is forgotten, and the default is back: {mode}.)",
    context_left_out="(The model's service did not take the earlier conversation: this answer does without it.)",
    context_dropped="(The model's service does not take the earlier conversation: this answer does without it, and it "
    "is left out from now on.)",
    answer_title="Answer",
    part="({number}/{total})",
    parts_cut="(The answer is too long; only the first {shown} parts are shown. You can ask for the main points only.)",
    stalled="(The model stopped in the middle; this is what had come.)",
    length_cut='(The answer reached its length limit and may be incomplete. You can send "go on".)',
    filtered_cut="(The model service's content filter stopped the answer; this is what had come. You can ask in other "
    "words.)",
    error_cut="(The model service had an error in the middle; this is what had come. You can ask once more. "
    "Request id: {request_id})",
    pictures_left_out="(Pictures in the answer that cannot be shown here yet: {count})",
    no_memory="(Storage is unavailable: this answer did not use earlier messages and will not be remembered.)",
    not_recalled="(Storage could not be read in full: this answer may not have used earlier messages.)",
    not_remembered="(Storage is unavailable: this round could not be remembered.)",
    answered_late="(This message was on its way for too long. To be safe, this answer did not use earlier messages and "
    "will not be remembered.)",
    failed_timeout="Sorry, the model did not finish in time. Please try again, or ask a smaller question. "
    "Request id: {request_id}",
    failed_unreachable="Sorry, the model service cannot be reached. Please try again later. Request id: {request_id}",
    failed_busy="Sorry, the model service is too busy. Please try again in a minute or two. Request id: {request_id}",
    failed_server="Sorry, the model service had an error. Please try again later. Request id: {request_id}",
    failed_key_refused="Sorry, the model service refused the key; your administrator must replace it. "
    "Request id: {request_id}",
    failed_quota="Sorry, the model service's quota is used up; your administrator must top it up. "
    "Request id: {request_id}",
    failed_region="Sorry, the model service does not accept requests from this region; your administrator must change "
    "the deployment. Request id: {request_id}",
    failed_unknown_model="Sorry, the configured model does not exist or may not be used; your administrator must "
    "change it. Request id: {request_id}",
    failed_too_long="Sorry, this is longer than the model can take. Please shorten it, or send `/clear` "
    "first and ask again. Request id: {request_id}",
    failed_filtered="Sorry, the model service's content filter refused this question or its answer. "
    "Please put it differently. Request id: {request_id}",
    failed_empty="Sorry, the model gave no content. Please put the question differently. Request id: {request_id}",
    failed_thought_too_long="Sorry, the model reached its length limit while it was still thinking, before it began to "
    "answer. Please ask a smaller question; if this happens often, your administrator can raise the limit. "
    "Request id: {request_id}",
    failed_not_json="Sorry, the model address did not answer like a model; your administrator must check BASE_URL. "
    "Request id: {request_id}",
    failed_bad_request="Sorry, the model service did not accept the request. Please give your administrator this "
    "request id: {request_id}",
    failed_internal="Sorry, something went wrong with this message. Please send it again. Request id: {request_id}",
    failed_settings="Sorry, the bot's settings are incomplete. Please give your administrator this request id: "
    "{request_id}",
    failed_version="Sorry, the bot is being upgraded. Please send this again in a few minutes. "
    "Request id: {request_id}",
    failed_too_late="Sorry, this message waited too long and is not worked on any more. Please send it again. "
    "Request id: {request_id}",
    failed_gave_up="Sorry, this message could not be answered after several attempts. Please send it again. "
    "Request id: {request_id}",
    failed_answer_lost="Sorry, the answer to this message was made but could not be kept. Please send it again. "
    "Request id: {request_id}",
    blocked_by_dingtalk="Sorry, DingTalk did not allow this answer to be shown. Please ask differently. "
    "Request id: {request_id}",
)
