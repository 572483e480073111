// A message as something to keep: a recording for --replay, and a test for the local cloud's fixture.

/** One line of JSON for `python -m local --replay`. */
export const asRecording = ({ headers, body }) => JSON.stringify({ headers, body });

const python = (text) => JSON.stringify(text);

/** A Python test that says `message` again and expects what was seen; `story` has what the model said. */
export function asTest(store, message, story) {
  const person = store.people.get(message.from);
  const conversation = store.conversations.get(message.conversation);
  const group = conversation?.kind === "group";
  const quoted = message.quote ? store.messages.get(message.quote) : null;
  const said = (story.model ?? []).map((request) => request.answer).filter((answer) => typeof answer === "string" && answer);
  const place = group ? ", place" : "";
  const kind = message.kind === "text" ? "" : `, kind=${python(message.kind)}`;
  const quote = quoted ? `, quote=Quote(${python(quoted.text)})` : "";
  const lines = [
    quoted && "from local.cloud import Quote\n\n",
    "def test_this_message(cloud):",
    '    """The person sees what was seen when this was recorded."""',
    ...said.map((answer) => `    cloud.model.script(${python(answer)})`),
    `    person = cloud.person(${python(person?.name ?? "")}, staff_id=${python(person?.staffId ?? "")}, admin=${person?.admin ? "True" : "False"})`,
    group && `    place = cloud.group(person, title=${python(conversation.title)})`,
    `    sent = cloud.say(person, ${python(message.text)}${place}${kind}${quote})`,
    `    answers = [(answer.via, answer.text) for answer in cloud.wait(sent)]`,
    ...expected(store.answersTo(message.id)),
  ];
  return `${lines.filter(Boolean).join("\n")}\n`;
}

function expected(answers) {
  if (answers.length === 0) return ["    assert answers == []"];
  return ["    assert answers == [", ...answers.map(({ via, text }) => `        (${python(via)}, ${python(text)}),`), "    ]"];
}
