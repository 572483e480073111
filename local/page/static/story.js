// The story of a message: what was sent, what came back, which functions ran, what they asked, posted and logged.

import { fetchStory, Refused } from "./api.js";
import { byId, element } from "./dom.js";
import { duration, exactTime, say } from "./language.js";
import { excerpt } from "./message.js";
import { asCurl, copy } from "./curl.js";
import { valueView } from "./values.js";

/** The known chapters in their order: key, heading, open from the start. Others follow under their own name. */
const CHAPTERS = [
  ["request", "storyRequest", true],
  ["response", "storyResponse", true],
  ["invocations", "storyInvocations", true],
  ["model", "storyModel", false],
  ["webhook", "storyWebhook", false],
  ["files", "storyFiles", false],
  ["logs", "storyLogs", false],
];
const QUIET_MS = 150;

/** The panel at the right (on a telephone: over everything). */
export class StoryPanel {
  #store;
  #id = null;
  #request = null;
  #timer = null;
  #drawn = "";
  #opened = new Map();

  /** `onClose` is called when somebody wants the panel gone. */
  constructor(store, onClose) {
    this.#store = store;
    byId("story-close").addEventListener("click", onClose);
    byId("story").addEventListener("keydown", (event) => event.key === "Escape" && onClose());
    byId("curl").addEventListener("click", () => this.#copyCurl());
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
    byId("app").classList.toggle("with-story", Boolean(id));
    if (!id || !other) return;
    this.#drawn = "";
    this.#request = null;
    byId("curl").hidden = true;
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
    this.#request = story.request ?? null;
    byId("curl").hidden = !this.#request?.url;
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
        valueView(value),
      );
    });
  }

  #copyCurl() {
    if (this.#request) tellCopied(asCurl(this.#request));
  }
}

/** Beside a chapter's heading: its result in a word. */
function brief(key, value) {
  if (key !== "response" || !value) return null;
  const { status, ms } = value;
  const text = [status, ms == null ? "" : duration(ms)].filter(Boolean).join(" · ");
  return text ? element("span", { class: status < 400 ? "brief good" : "brief bad" }, text) : null;
}

function summary(store, message) {
  const { phase, ack_ms: ack, answered_ms: answered, why } = message.state ?? {};
  const step = (name, detail, kind = "") =>
    element("li", { class: kind }, element("span", {}, say(name)), element("span", { class: "step-detail" }, detail));
  const steps = [step("stepSent", exactTime(message.at))];
  if (ack != null) steps.push(step("stepAcknowledged", `+ ${duration(ack)}`));
  if (phase === "answered") steps.push(step("stepAnswered", answered == null ? "" : `+ ${duration(answered)}`, "good"));
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
  const done = await copy(text);
  const note = byId("copied");
  note.textContent = say(done ? "copied" : "notCopied");
  note.classList.add("shown");
  clearTimeout(tellCopied.timer);
  tellCopied.timer = setTimeout(() => note.classList.remove("shown"), 1800);
}
