// What the page knows: people, conversations, messages in their order, and who one speaks as.

import { setClock } from "./clock.js";
import { keep, recall } from "./memory.js";

/**
 * Fires "state" when everything must be drawn anew, "message" (detail: {message, isNew}) for one message,
 * "person" when one speaks as somebody else, "seen" when unread counts change, "tools" when faults or clock do.
 */
export class Store extends EventTarget {
  robot = { name: "" };
  bucket = { folder: "", kept: false };
  model = { demo: false, name: "" };
  faults = [];
  people = new Map();
  conversations = new Map();
  messages = new Map();
  person = null;
  ready = false;
  #order = new Map();
  #answers = new Map();
  #seen = recall("seen", {});

  /** Take a whole state of the server; what is already shown stays, unless something in it has gone. */
  load(state) {
    const known = new Set(state.messages.map((message) => message.id));
    const gone = [...this.messages.keys()].some((id) => !known.has(id));
    const first = !this.ready || gone;
    this.robot = state.robot;
    this.bucket = state.bucket ?? this.bucket;
    this.model = state.model;
    this.people = new Map(state.people.map((person) => [person.id, person]));
    this.conversations = new Map(state.conversations.map((conversation) => [conversation.id, conversation]));
    if (!this.people.has(this.person)) this.person = this.#rememberedPerson();
    if (first) this.#forgetMessages();
    for (const message of state.messages) this.#take(message, !first);
    for (const id of Object.keys(this.#seen)) this.#seen[id] = Math.min(this.#seen[id], this.messagesOf(id).length);
    this.ready = true;
    if (first) this.#fire("state");
    this.setTools(state);
  }

  /** What is switched on, and where the clock stands; either may be missing. */
  setTools({ faults, clock }) {
    if (faults) this.faults = faults;
    if (clock) setClock(clock);
    if (faults || clock) this.#fire("tools");
  }

  /** A new or changed message. */
  put(message) {
    if (this.ready) this.#take(message, true);
  }

  /** The messages of a conversation, oldest first. */
  messagesOf(conversation) {
    return this.#order.get(conversation) ?? [];
  }

  /** The bot's messages that answer `id`, in order. */
  answersTo(id) {
    return this.#answers.get(id) ?? [];
  }

  /** Conversations the present person takes part in, the latest first. */
  myConversations() {
    return [...this.conversations.values()]
      .filter((conversation) => conversation.people.includes(this.person))
      .map((conversation) => ({ conversation, last: this.messagesOf(conversation.id).at(-1) }))
      .sort((a, b) => (b.last?.at ?? 0) - (a.last?.at ?? 0));
  }

  /** Speak as somebody. */
  become(person) {
    if (person === this.person || !this.people.has(person)) return;
    this.person = person;
    keep("person", person);
    this.#fire("person");
  }

  /** The name to show for `from` of a message. */
  nameOf(from) {
    return from === "bot" ? this.robot.name : (this.people.get(from)?.name ?? from);
  }

  /** How many of the bot's messages in this conversation nobody has looked at. */
  unread(conversation) {
    const seen = this.#seen[conversation] ?? 0;
    const messages = this.messagesOf(conversation);
    let count = 0;
    for (let index = messages.length - 1; index >= seen; index -= 1) if (messages[index].from === "bot") count += 1;
    return count;
  }

  /** Everything in this conversation has been looked at. */
  markSeen(conversation) {
    const count = this.messagesOf(conversation).length;
    if (this.#seen[conversation] === count) return;
    this.#seen[conversation] = count;
    keep("seen", this.#seen);
    this.#fire("seen");
  }

  #rememberedPerson() {
    const remembered = recall("person", null);
    return this.people.has(remembered) ? remembered : (this.people.keys().next().value ?? null);
  }

  #forgetMessages() {
    this.messages.clear();
    this.#order.clear();
    this.#answers.clear();
  }

  #take(message, announce) {
    const old = this.messages.get(message.id);
    if (old && JSON.stringify(old) === JSON.stringify(message)) return;
    this.messages.set(message.id, message);
    const order = this.#list(this.#order, message.conversation);
    if (old) order[order.lastIndexOf(old)] = message;
    else order.push(message);
    if (message.answers) {
      const answers = this.#list(this.#answers, message.answers);
      if (old) answers[answers.indexOf(old)] = message;
      else answers.push(message);
    }
    if (announce) this.#fire("message", { message, isNew: !old });
  }

  #list(map, key) {
    if (!map.has(key)) map.set(key, []);
    return map.get(key);
  }

  #fire(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}
