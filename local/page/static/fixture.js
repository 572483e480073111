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
  const said = saidBy(story.model ?? [], store.answersTo(message.id));
  const place = group ? ", place" : "";
  const kind = message.kind === "text" ? "" : `, kind=${python(message.kind)}`;
  const { quoteShape, change, drop } = message.altered ?? {};
  const shape = quoteShape ? `, shape=${python(quoteShape)}` : "";
  const quote = quoted ? `, quote=Quote(${python(quoted.text)}${shape})` : "";
  const changes = `${change ? `, change=json.loads(${python(JSON.stringify(change))})` : ""}${drop ? `, drop=${python(drop)}` : ""}`;
  const imports = [change && "import json\n", quoted && "from local.cloud import Quote\n"].filter(Boolean);
  const lines = [
    imports.length > 0 && `${imports.join("\n")}\n`,
    "def test_this_message(cloud):",
    '    """The person sees what was seen when this was recorded."""',
    ...said.map((answer) => `    cloud.model.script(${python(answer)})`),
    `    person = cloud.person(${python(person?.name ?? "")}, staff_id=${python(person?.staffId ?? "")}, admin=${person?.admin ? "True" : "False"})`,
    group && `    place = cloud.group(person, title=${python(conversation.title)})`,
    `    sent = cloud.say(person, ${python(message.text)}${place}${kind}${quote}${changes})`,
    `    answers = [(answer.via, answer.text) for answer in cloud.wait(sent)]`,
    ...expected(store.answersTo(message.id)),
  ];
  return `${lines.filter(Boolean).join("\n")}\n`;
}

/** What the model said; of a real one only what was seen is known, and only where that is one message. */
function saidBy(requests, answers) {
  const known = requests.map((request) => request.answer).filter((answer) => typeof answer === "string" && answer);
  const seen = answers.filter(({ via }) => via === "webhook");
  return known.length === 0 && requests.some(({ logged }) => logged) && seen.length === 1 ? [seen[0].text] : known;
}

function expected(answers) {
  if (answers.length === 0) return ["    assert answers == []"];
  return ["    assert answers == [", ...answers.map(({ via, text }) => `        (${python(via)}, ${python(text)}),`), "    ]"];
}
