// Writing: Enter sends, Shift-Enter breaks the line, the arrows recall what was said before.

import { Refused, sendMessage } from "./api.js";
import { Attachment } from "./attachment.js";
import { byId } from "./dom.js";
import { draftOf, draftsOf, lacksWords } from "./drafts.js";
import { altered, drawExpert, wireExpert } from "./expert.js";
import { wireKindMenu } from "./kind_menu.js";
import { say } from "./language.js";
import { keep, recall } from "./memory.js";
import { excerpt } from "./message.js";
import { chooseRecords } from "./records.js";

/** The composer of the conversation that is open. */
export class Composer {
  #store;
  #conversation = null;
  #quote = null;
  #recalled = -1;
  #sending = Promise.resolve();
  #onSent;
  #attachment = new Attachment((trouble) => this.#attached(trouble));

  /** `onSent` is called with each message the server has taken. */
  constructor(store, onSent) {
    this.#store = store;
    this.#onSent = onSent;
    const text = byId("text");
    text.addEventListener("keydown", (event) => this.#key(event));
    text.addEventListener("input", () => this.#edited());
    byId("send").addEventListener("click", () => this.submit());
    byId("mention").addEventListener("click", () => this.#toggleMention());
    byId("unquote").addEventListener("click", () => this.quote(null));
    wireExpert((problem) => this.#failed(problem));
    wireKindMenu({
      group: () => this.#conversation?.kind === "group",
      attachment: this.#attachment,
      onKind: (kind) => this.#choose(kind),
      onRecords: () => chooseRecords(this.#store, this.#conversation, (records) => this.#attachment.set({ kind: "chatRecord", records })),
      onTrouble: (problem) => this.#failed(problem),
    });
  }

  /** Write in that conversation from now on; its draft comes back. */
  open(conversation) {
    const other = conversation?.id !== this.#conversation?.id;
    this.#conversation = conversation;
    if (other) {
      this.quote(null);
      this.#attachment.clear();
      this.#write(conversation ? recall(`draft.${conversation.id}`, "") : "");
    }
    this.draw();
  }

  /** Draw what depends on language, person and conversation. */
  draw() {
    const group = this.#conversation?.kind === "group";
    const robot = this.#store.robot.name;
    const mention = byId("mention");
    mention.hidden = !group;
    mention.textContent = say("mentionOn", { robot });
    mention.setAttribute("aria-label", say("mentionOnLabel", { robot }));
    mention.setAttribute("aria-pressed", String(this.#mentions()));
    const hint = byId("mention-hint");
    hint.hidden = !group || this.#mentions();
    hint.textContent = say("mentionHint");
    byId("text").placeholder = say(group ? "placeholderGroup" : "placeholder", { robot });
    for (const name of ["text", "send", "picture", "more"]) byId(name).disabled = !this.#conversation;
    this.#attachment.place(group);
    this.#drawQuote();
    drawExpert().catch((problem) => this.#failed(problem));
  }

  /** Put the cursor into the text. */
  focus() {
    byId("text").focus({ preventScroll: true });
  }

  /** Quote that message with the next one; null takes it back. */
  quote(message) {
    this.#quote = message;
    this.#drawQuote();
    if (message) this.focus();
  }

  /** Send what is written and attached, or `given`. Messages go one after the other, so that their order stays. */
  submit(given) {
    const text = given ?? byId("text").value;
    const attached = given === undefined ? this.#attachment.now : null;
    const place = this.#place();
    if (!place) return;
    const drafts = draftsOf(text, attached, place);
    if (drafts.length === 0) return;
    if (drafts.some(lacksWords)) return this.#trouble(say("wordsNeeded"));
    if (given === undefined) this.#write("");
    this.#attachment.clear();
    this.quote(null);
    this.#trouble(null);
    for (const draft of drafts) this.#send(draft, draft.text && text, draft.kind && attached);
  }

  /** A kind without words goes at once; another one waits for them. */
  #choose(kind) {
    const place = this.#place();
    if (kind.text !== "none") this.#attachment.set({ kind: kind.id });
    else if (place) this.#send(draftOf("", { kind: kind.id }, place));
  }

  /** Where, as whom and how a message is sent; null when it cannot be. */
  #place() {
    if (!this.#conversation) return null;
    const { robot, person } = this.#store;
    const known = { conversation: this.#conversation, person, robot: robot.name, mention: this.#mentions(), quote: this.#quote?.id };
    try {
      return { ...known, altered: altered() };
    } catch {
      this.#trouble(say("expertNotJson"));
      return null;
    }
  }

  #attached(trouble) {
    this.#trouble(trouble);
    this.focus();
  }

  /** What was not sent is given back. */
  #send(draft, text = "", attached = null) {
    this.#sending = this.#sending.then(() => this.#post(draft, text, attached));
  }

  async #post(draft, text, attached) {
    try {
      this.#onSent(await sendMessage(draft));
    } catch (problem) {
      this.#failed(problem);
      if (this.#conversation?.id !== draft.conversation) return;
      if (!byId("text").value) this.#write(text);
      if (attached && !this.#attachment.now) this.#attachment.restore(attached);
    }
  }

  #failed(problem) {
    if (!(problem instanceof Refused)) throw problem;
    this.#trouble(say("notSent", { why: problem.why ?? say("unreachable") }));
  }

  #trouble(sentence) {
    byId("trouble").textContent = sentence ?? "";
    byId("trouble").hidden = !sentence;
  }

  #key(event) {
    // 229: an input method is still composing, its Enter chooses a word.
    if (event.isComposing || event.keyCode === 229) return;
    if (event.key === "Enter" && !event.shiftKey && !event.altKey) {
      event.preventDefault();
      this.submit();
    } else if (event.key === "ArrowUp" || event.key === "ArrowDown") {
      if (this.#recall(event.key === "ArrowUp" ? 1 : -1)) event.preventDefault();
    } else if (event.key === "Escape") {
      this.quote(null);
      this.#attachment.clear();
    }
  }

  /** Step through one's own earlier messages; only from an empty text, or from one that was recalled. */
  #recall(step) {
    const text = byId("text");
    if (this.#recalled < 0 && (step < 0 || text.value)) return false;
    const said = this.#store
      .messagesOf(this.#conversation?.id)
      .filter((message) => message.from === this.#store.person && message.text?.trim());
    const next = Math.min(this.#recalled + step, said.length - 1);
    if (said.length === 0) return false;
    this.#write(next < 0 ? "" : said.at(-1 - next).text);
    this.#recalled = next;
    return true;
  }

  #edited() {
    this.#recalled = -1;
    this.#keepDraft();
    this.#grow();
  }

  #write(text) {
    const field = byId("text");
    field.value = text;
    field.setSelectionRange(text.length, text.length);
    this.#recalled = -1;
    this.#keepDraft();
    this.#grow();
  }

  #keepDraft() {
    if (this.#conversation) keep(`draft.${this.#conversation.id}`, byId("text").value || undefined);
  }

  #grow() {
    const field = byId("text");
    field.style.height = "auto";
    field.style.height = `${field.scrollHeight}px`;
  }

  #mentions() {
    return recall(`mention.${this.#conversation?.id}`, true);
  }

  #toggleMention() {
    keep(`mention.${this.#conversation.id}`, !this.#mentions());
    this.draw();
    this.focus();
  }

  #drawQuote() {
    byId("quoting").hidden = !this.#quote;
    if (!this.#quote) return;
    const values = { name: this.#store.nameOf(this.#quote.from), text: excerpt(this.#store, this.#quote) };
    byId("quoting-text").textContent = say("saidBy", values);
  }
}
