// The chat logs: one per conversation, kept once drawn, only ever appended to.

import { byId, element } from "./dom.js";
import { say } from "./language.js";
import { messageItem, updateItem, updateState } from "./message.js";

const AT_ONCE = 60;
const NEAR_PX = 80;

const whenIdle = window.requestIdleCallback ?? ((task) => setTimeout(task, 1));

/** Shows the log of one conversation at a time and follows its end, unless somebody has scrolled up. */
export class Threads {
  #store;
  #threads = new Map();
  #current = null;

  constructor(store) {
    this.#store = store;
    byId("newer").addEventListener("click", () => this.#toEnd(this.#current));
  }

  /** Show that conversation's log. */
  show(conversation) {
    if (this.#current) this.#current.scroller.hidden = true;
    this.#current = conversation ? (this.#threads.get(conversation.id) ?? this.#build(conversation)) : null;
    if (!this.#current) return;
    this.#current.scroller.hidden = false;
    this.#toEnd(this.#current);
  }

  /** Draw every log anew: another language, another state. */
  forget() {
    for (const thread of this.#threads.values()) thread.discard();
    this.#threads.clear();
    this.#current = null;
  }

  /** Somebody else speaks: other messages are one's own. */
  turnSides() {
    for (const { list } of this.#threads.values())
      for (const item of list.children) item.classList.toggle("mine", item.dataset.from === this.#store.person);
  }

  /** Show a new or changed message. */
  put(message, isNew) {
    const thread = this.#threads.get(message.conversation);
    if (!thread) return;
    if (isNew) this.#append(thread, message);
    else if (thread.items.has(message.id)) updateItem(this.#store, thread.items.get(message.id), message);
    if (isNew && message.answers)
      for (const sibling of this.#store.answersTo(message.answers))
        if (sibling.id !== message.id && thread.items.has(sibling.id))
          updateState(this.#store, thread.items.get(sibling.id), sibling);
  }

  /** The item of a message in the log that is shown. */
  item(id) {
    return this.#current?.items.get(id);
  }

  #build(conversation) {
    const list = element("ol", {});
    const empty = this.#emptyPart(conversation);
    const scroller = element(
      "div",
      { class: "thread", role: "log", "aria-live": "polite", "aria-label": conversation.title, tabIndex: 0 },
      element("div", { class: "thread-content" }, empty, list),
    );
    const thread = { scroller, list, empty, items: new Map(), following: true, top: 0, discard: () => {} };
    this.#threads.set(conversation.id, thread);
    byId("threads").append(scroller);
    this.#drawHistory(thread, conversation.id);
    this.#follow(thread);
    return thread;
  }

  /** The latest messages at once, earlier ones while there is nothing else to do. */
  #drawHistory(thread, conversation) {
    const messages = this.#store.messagesOf(conversation).slice();
    let from = Math.max(0, messages.length - AT_ONCE);
    const draw = (start, end) =>
      messages.slice(start, end).map((message, offset) => this.#item(thread, message, messages[start + offset - 1]));
    thread.empty.hidden = messages.length > 0;
    thread.list.append(...draw(from, messages.length));
    const earlier = () => {
      if (from === 0 || !thread.scroller.isConnected) {
        thread.scroller.removeAttribute("aria-busy");
        return;
      }
      const start = Math.max(0, from - AT_ONCE);
      thread.list.prepend(...draw(start, from));
      from = start;
      whenIdle(earlier);
    };
    thread.scroller.setAttribute("aria-busy", "true");
    whenIdle(earlier);
  }

  #follow(thread) {
    const { scroller } = thread;
    scroller.addEventListener("scroll", () => {
      // Rows change their height when they are drawn; only a way up is somebody's wish.
      const near = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < NEAR_PX;
      if (near) thread.following = true;
      else if (scroller.scrollTop < thread.top - 1) thread.following = false;
      thread.top = scroller.scrollTop;
      if (near && thread === this.#current) byId("newer").hidden = true;
    }, { passive: true });
    const observer = new ResizeObserver(() => thread.following && this.#toEnd(thread));
    observer.observe(scroller.firstElementChild);
    observer.observe(scroller);
    thread.discard = () => {
      observer.disconnect();
      scroller.remove();
    };
  }

  #item(thread, message, previous) {
    // A message may have changed since the list was taken.
    const item = messageItem(this.#store, this.#store.messages.get(message.id) ?? message, previous);
    thread.items.set(message.id, item);
    return item;
  }

  #append(thread, message) {
    thread.empty.hidden = true;
    thread.list.append(this.#item(thread, message, this.#store.messagesOf(message.conversation).at(-2)));
    if (message.from === this.#store.person || thread.following) this.#toEnd(thread);
    else if (thread === this.#current) byId("newer").hidden = false;
  }

  #toEnd(thread) {
    thread.following = true;
    thread.scroller.scrollTop = thread.scroller.scrollHeight;
    byId("newer").hidden = true;
  }

  #emptyPart(conversation) {
    const tries = ["try1", "try2", "try3"].map((key) =>
      element("button", { type: "button", class: "try", "data-text": say(key) }, say(key)),
    );
    return element(
      "div",
      { class: "empty" },
      element("p", { class: "empty-title" }, say("emptyTitle", { robot: this.#store.robot.name })),
      element("p", {}, say(conversation.kind === "group" ? "emptyGroup" : "emptyPrivate")),
      element("p", { class: "tries" }, element("span", {}, say("tryThese")), ...tries),
    );
  }
}
