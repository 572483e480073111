// One message: its bubble, and the line below that says what became of it.

import { avatar } from "./avatar.js";
import { content, substitute } from "./bodies.js";
import { element, icon } from "./dom.js";
import { clockTime, currentLanguage, duration, say } from "./language.js";

const PAUSE_MS = 5 * 60_000;
const EXCERPT = 40;
/** Why a message failed, in the language of the page. */
export const whyOf = ({ state }) => state?.whys?.[currentLanguage()] ?? state?.why;

/** What markdown is written with: lines below table heads, marks at the start of a line, and around words. */
const MARKS = /^\s*\|?(?:\s*:?-+:?\s*\|)+[\s:|-]*$|^\s*(?:>|#+ |[-*] |```\w*)|[`*]/gm;

/** The first words of a message, for lists and quotes, with names in place of staff ids. */
export function excerpt(store, message) {
  const source = message.text.trim() || message.title || substitute(message);
  const bare = message.from === "bot" ? source.replace(MARKS, "").replaceAll("|", " ") : source;
  const people = (message.mentions ?? []).map((id) => store.people.get(id)).filter((person) => person?.staffId);
  const named = people.reduce((said, { staffId, name }) => said.replaceAll(`@${staffId}`, `@${name}`), bare);
  const text = named.replace(/\s+/g, " ").trim();
  return text.length > EXCERPT ? `${text.slice(0, EXCERPT)}…` : text;
}

/** The list item of a message; `previous` is the message above it, if any. */
export function messageItem(store, message, previous) {
  const item = element("li", { class: "message", "data-id": message.id, "data-from": message.from });
  item.classList.toggle("mine", message.from === store.person);
  const name = store.nameOf(message.from);
  const paused = !previous || message.at - previous.at > PAUSE_MS;
  item.append(
    element(
      "article",
      { class: "row", "aria-label": `${name} ${clockTime(message.at)}` },
      avatar(message.from, name),
      element(
        "div",
        { class: "column" },
        element("p", { class: "name" }, name),
        replyLine(store, message, previous),
        element("div", { class: `bubble ${message.kind}` }, quoteLine(store, message), body(store, message)),
        element("div", { class: "meta" }, stateButton(store, message), quoteButton(name)),
      ),
    ),
  );
  if (paused) item.prepend(element("time", { class: "time", dateTime: new Date(message.at).toISOString() }, clockTime(message.at)));
  return item;
}

/** Bring an item up to date with a changed message. */
export function updateItem(store, item, message) {
  item.querySelector(".bubble").replaceChildren(...[quoteLine(store, message), body(store, message)].filter(Boolean));
  updateState(store, item, message);
}

/** Bring only the line below the bubble up to date. */
export function updateState(store, item, message) {
  item.querySelector(".state").replaceWith(stateButton(store, message));
}

function body(store, message) {
  const markdown = message.from === "bot" && message.kind === "markdown";
  const holder = element("div", { class: markdown ? "markdown-body" : "body" }, content(message, store.nameOf(message.from)));
  if (message.from === "bot") showMentions(store, message, holder);
  else if (isMention(store, message)) holder.querySelector(".plain")?.prepend(mention(store.robot.name), " ");
  return holder;
}

const mention = (name) => element("span", { class: "at" }, `@${name}`);

function isMention(store, message) {
  const group = store.conversations.get(message.conversation)?.kind === "group";
  const already = message.text?.trimStart().startsWith(`@${store.robot.name}`);
  return group && message.state?.phase !== "undelivered" && !already;
}

/** DingTalk puts a name where the text has @staffId of somebody who is really mentioned; in plain text, else at the end. */
function showMentions(store, message, holder) {
  for (const id of message.mentions ?? []) {
    const person = store.people.get(id);
    if (!person) continue;
    const marks = [person.staffId, person.name].filter(Boolean).map((mark) => `@${mark}`);
    const found = marks.some((mark) => replaceText(holder, mark, () => mention(person.name)));
    if (!found && message.kind === "text") holder.querySelector(".plain")?.append(" ", mention(person.name));
  }
}

function replaceText(holder, mark, replacement) {
  const walker = document.createTreeWalker(holder, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode;
    const index = node.data.indexOf(mark);
    if (index < 0 || node.parentElement.closest("code, .at")) continue;
    const rest = node.splitText(index);
    rest.data = rest.data.slice(mark.length);
    rest.before(replacement());
    return true;
  }
  return false;
}

function quoteLine(store, message) {
  const quoted = message.quote && store.messages.get(message.quote);
  if (!quoted) return null;
  return element("p", { class: "quoted" }, say("saidBy", { name: store.nameOf(quoted.from), text: excerpt(store, quoted) }));
}

/** Says which question is answered, where it is not the message just above. */
function replyLine(store, message, previous) {
  const question = message.answers && store.messages.get(message.answers);
  if (!question || !previous || previous.id === question.id || previous.answers === question.id) return null;
  const values = { name: store.nameOf(question.from), text: excerpt(store, question) };
  return element("p", { class: "replying" }, icon("quote"), say("replyTo", values));
}

function quoteButton(name) {
  const label = say("quoteOf", { name });
  return element("button", { type: "button", class: "quote", title: say("quote"), "aria-label": label }, icon("quote"));
}

/** What became of a message, as a button that opens its story. */
function stateButton(store, message) {
  const parts = message.from === "bot" ? answerState(store, message) : questionState(message);
  const phase = message.from === "bot" ? "answer" : (message.state?.phase ?? "sent");
  return element("button", { type: "button", class: `state phase-${phase}`, title: say("openStory") }, ...parts);
}

function questionState(message) {
  const { phase = "sent", ack_ms: ack, answered_ms: answered } = message.state ?? {};
  const why = whyOf(message);
  const values = { ack: ack == null ? "" : duration(ack), answered: answered == null ? "" : duration(answered), why };
  const waiting = element("span", { class: "dots", "aria-hidden": "true" });
  switch (phase) {
    case "acknowledged":
      return [say(ack == null ? "stateSent" : "stateAcknowledged", values), waiting];
    case "silent":
      return [tick("–"), say("stateSilent", values)];
    case "answered":
      return [tick("✓"), say(ack == null ? "stateAnsweredOnly" : answered != null && answered < ack ? "stateAnsweredFirst" : "stateAnswered", values)];
    case "failed":
      return [tick("✕"), say("stateFailed", { why: why || say("stateFailedUnknown") })];
    case "undelivered":
      return [tick("–"), say("stateUndelivered")];
    default:
      return [say("stateSent"), waiting];
  }
}

const tick = (sign) => element("span", { class: "tick", "aria-hidden": "true" }, sign);

function answerState(store, message) {
  const parts = [];
  if (message.via === "body") parts.push(element("span", { class: "tag", title: say("viaBodyHint") }, say("viaBody")));
  else if (message.via === "card") parts.push(say("viaCard"));
  else parts.push(say("viaWebhook"));
  const all = store.answersTo(message.answers);
  if (all.length > 1) parts.push(` · ${say("part", { part: all.indexOf(message) + 1, total: all.length })}`);
  return parts;
}
