// Writing: Enter sends, Shift-Enter breaks the line, the arrows recall what was said before.

import { Refused, sendMessage } from "./api.js";
import { byId } from "./dom.js";
import { say } from "./language.js";
import { keep, recall } from "./memory.js";
import { excerpt } from "./message.js";

/** The composer of the conversation that is open. */
export class Composer {
  #store;
  #conversation = null;
  #quote = null;
  #recalled = -1;
  #sending = Promise.resolve();
  #onSent;

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
  }

  /** Write in that conversation from now on; its draft comes back. */
  open(conversation) {
    const other = conversation?.id !== this.#conversation?.id;
    this.#conversation = conversation;
    if (other) {
      this.quote(null);
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
    byId("text").disabled = byId("send").disabled = !this.#conversation;
    this.#drawQuote();
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

  /** Send what is written, or `given`. Messages go one after the other, so that their order stays. */
  submit(given) {
    const text = given ?? byId("text").value;
    if (!text.trim() || !this.#conversation) return;
    const draft = this.#draft(text);
    if (given === undefined) this.#write("");
    this.quote(null);
    this.#trouble(null);
    this.#sending = this.#sending.then(() => this.#post(draft, text));
  }

  #draft(text) {
    const { id, kind } = this.#conversation;
    const draft = { conversation: id, person: this.#store.person, text };
    if (kind === "group") {
      const typed = `@${this.#store.robot.name}`;
      const named = text.trimStart().startsWith(typed);
      draft.mention = named || this.#mentions();
      if (named) draft.text = text.trimStart().slice(typed.length).trimStart() || " ";
    }
    if (this.#quote) draft.quote = this.#quote.id;
    return draft;
  }

  async #post(draft, text) {
    try {
      this.#onSent(await sendMessage(draft));
    } catch (problem) {
      if (!(problem instanceof Refused)) throw problem;
      this.#trouble(say("notSent", { why: problem.why ?? say("unreachable") }));
      if (this.#conversation?.id === draft.conversation && !byId("text").value) this.#write(text);
    }
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
    }
  }

  /** Step through one's own earlier messages; only from an empty text, or from one that was recalled. */
  #recall(step) {
    const text = byId("text");
    if (this.#recalled < 0 && (step < 0 || text.value)) return false;
    const said = this.#store
      .messagesOf(this.#conversation?.id)
      .filter((message) => message.from === this.#store.person && message.text.trim());
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
