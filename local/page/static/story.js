// The story of a message: what was sent, what came back, which functions ran, what they asked, posted and logged.

import { fetchStory, redeliver, Refused } from "./api.js";
import { byId, element } from "./dom.js";
import { duration, exactTime, say } from "./language.js";
import { asCurl, copy } from "./curl.js";
import { asRecording, asTest } from "./fixture.js";
import { excerpt, whyOf } from "./message.js";
import { valueView } from "./values.js";

/** The known chapters in their order: key, heading, open from the start. Others follow under their own name. */
const CHAPTERS = [
  ["request", "storyRequest", false],
  ["response", "storyResponse", false],
  ["invocations", "storyInvocations", true],
  ["model", "storyModel", false],
  ["webhook", "storyWebhook", false],
  ["cards", "storyCards", false],
  ["files", "storyFiles", false],
  ["logs", "storyLogs", false],
  ["redeliveries", "storyRedeliveries", false],
];
const QUIET_MS = 150;

/** The panel at the right (on a telephone: over everything). */
export class StoryPanel {
  #store;
  #id = null;
  #story = null;
  #timer = null;
  #drawn = "";
  #opened = new Map();

  /** `onClose` is called when somebody wants the panel gone. */
  constructor(store, onClose) {
    this.#store = store;
    byId("story-close").addEventListener("click", onClose);
    byId("story").addEventListener("keydown", (event) => event.key === "Escape" && onClose());
    byId("curl").addEventListener("click", () => tellCopied(asCurl(this.#story.request)));
    byId("copy-recording").addEventListener("click", () => tellCopied(asRecording(this.#story.request)));
    byId("copy-test").addEventListener("click", () => tellCopied(asTest(store, store.messages.get(this.#subject()), this.#story)));
    byId("story-tools").addEventListener("click", (event) => {
      const { after } = event.target.closest("[data-after]")?.dataset ?? {};
      if (after !== undefined) this.#again(Number(after));
    });
    byId("story-body").addEventListener("click", (event) => {
      const button = event.target.closest("[data-copy]");
      if (button) tellCopied(button.nextElementSibling.textContent);
    });
  }

  /** Show the story of that message; null closes the panel. */
  show(id) {
    const other = id !== this.#id;
    this.#id = id;
    byId("story").hidden = !id;
    if (!id || !other) return;
    this.#drawn = "";
    this.#story = null;
    byId("story-tools").hidden = true;
    byId("story-body").replaceChildren(element("p", { class: "hint" }, say("storyLoading")));
    byId("story-title").focus({ preventScroll: true });
    this.#read();
  }

  /** Something happened to that message: read its story again, once it is quiet. */
  changed(message) {
    if (![message.id, message.answers].includes(this.#subject())) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#read(), QUIET_MS);
  }

  /** Draw in another language. */
  redraw() {
    this.#drawn = "";
    if (this.#id) this.#read();
  }

  /** An answer's story is that of its question. */
  #subject() {
    return this.#store.messages.get(this.#id)?.answers || this.#id;
  }

  async #read() {
    const id = this.#subject();
    if (!id) return;
    try {
      const story = await fetchStory(id);
      if (id === this.#subject()) this.#draw(story.story ?? story);
    } catch (problem) {
      if (!(problem instanceof Refused)) throw problem;
      if (id === this.#subject())
        byId("story-body").replaceChildren(
          element("p", { class: "hint", role: "alert" }, say("storyMissing", { why: problem.why ?? say("unreachable") })),
        );
    }
  }

  #draw(story) {
    const message = this.#store.messages.get(this.#subject());
    const drawing = JSON.stringify([story, message]);
    if (drawing === this.#drawn) return;
    this.#drawn = drawing;
    this.#story = story;
    byId("story-tools").hidden = !story.request?.url;
    const body = byId("story-body");
    const scroll = body.scrollTop;
    for (const details of body.querySelectorAll(":scope > details")) this.#opened.set(details.dataset.chapter, details.open);
    body.replaceChildren(...[message && summary(this.#store, message), ...this.#chapters(story)].filter(Boolean));
    if (message?.state?.phase === "undelivered" && !story.request) body.append(element("p", { class: "hint" }, say("storyEmpty")));
    body.scrollTop = scroll;
  }

  #chapters(story) {
    const known = CHAPTERS.filter(([key]) => key in story && story[key] !== null);
    const others = Object.keys(story).filter((key) => !CHAPTERS.some(([chapter]) => chapter === key));
    return [...known, ...others.map((key) => [key, null, false])].map(([key, heading, open]) => {
      const value = story[key];
      const count = Array.isArray(value) ? element("span", { class: "count" }, String(value.length)) : null;
      return element(
        "details",
        { "data-chapter": key, open: this.#opened.get(key) ?? open },
        element("summary", {}, heading ? say(heading) : key, count, brief(key, value)),
        key === "model" && hintOf(this.#store, value),
        valueView(value),
      );
    });
  }

  async #again(after) {
    try {
      await redeliver(this.#subject(), after);
      tell(say(after ? "redeliverLaterSaid" : "redelivered"));
    } catch (problem) {
      if (!(problem instanceof Refused)) throw problem;
      tell(say("toolsRefused", { why: problem.why ?? say("unreachable") }));
    }
  }
}

/** Beside a chapter's heading: its result in a word. */
function brief(key, value) {
  const [text, good] = (Object.hasOwn(BRIEFS, key) && value && BRIEFS[key](value)) || ["", true];
  return text ? element("span", { class: good ? "brief good" : "brief bad" }, text) : null;
}

/** The functions talk to a real model directly. */
const hintOf = ({ model }, requests) =>
  (!model.demo || requests.some(({ logged }) => logged)) && element("p", { class: "hint" }, say("storyModelLogged"));

const known = (ms) => (ms === null || ms === undefined ? "–" : duration(ms));

const BRIEFS = {
  request: ({ method, body }) => [[method, body && `${new Blob([body]).size} B`].filter(Boolean).join(" · "), true],
  response: ({ status, ms }) => [[status, ms == null ? "" : duration(ms)].filter(Boolean).join(" · "), status < 400],
  model(requests) {
    const last = requests.at(-1);
    if (!last) return null;
    if (last.logged && last.total_ms === undefined) return [last.reason ?? last.logged, false];
    return [say("briefModel", { first: known(last.first_token_ms), total: known(last.total_ms) }), (last.status ?? 200) < 400];
  },
  webhook(posts) {
    const codes = posts.map(({ errcode, status }) => errcode ?? status).filter((code) => code !== undefined);
    return [codes.join(", "), codes.every((code) => code === 0)];
  },
  cards(calls) {
    const bad = calls.filter(({ status }) => status >= 400);
    return [bad.map(({ status }) => status).join(", "), false];
  },
};

function summary(store, message) {
  const { phase, ack_ms: ack, answered_ms: answered } = message.state ?? {};
  const why = whyOf(message);
  const step = (name, detail, kind = "") =>
    element("li", { class: kind }, element("span", {}, say(name)), element("span", { class: "step-detail" }, detail));
  const steps = [step("stepSent", exactTime(message.at))];
  if (ack != null) steps.push(step("stepAcknowledged", `+ ${duration(ack)}`));
  // An answer can be there before the callback is acknowledged: then it stands first.
  if (phase === "answered") steps.splice(answered != null && answered < ack ? 1 : 2, 0, step("stepAnswered", answered == null ? "" : `+ ${duration(answered)}`, "good"));
  if (phase === "failed") steps.push(step("stepFailed", why ?? "", "bad"));
  if (phase === "undelivered") steps.push(step("stepUndelivered", say("stateUndelivered")));
  return element(
    "section",
    { class: "summary" },
    element("p", { class: "summary-text" }, excerpt(store, message) || "…"),
    element("ol", {}, ...steps),
    element("p", { class: "summary-id" }, message.id),
  );
}

async function tellCopied(text) {
  tell(say((await copy(text)) ? "copied" : "notCopied"));
}

function tell(sentence) {
  const note = byId("copied");
  note.textContent = sentence;
  note.classList.add("shown");
  clearTimeout(tell.timer);
  tell.timer = setTimeout(() => note.classList.remove("shown"), 2400);
}
