// What goes with the next message: a picture, a file's name, forwarded messages, or only another kind than text.

import { byId, element, icon } from "./dom.js";
import { kindName, kindOf } from "./kinds.js";
import { say } from "./language.js";

const PICTURES = ["image/png", "image/jpeg", "image/gif", "image/webp"];
const LARGEST = 10 * 1024 * 1024;
const PRIVATE_ONLY = ["audio", "video", "file", "fileWithoutCode"];

const dataUrl = (file) =>
  new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result);
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(file);
  });

/** The attachment of the composer. `onChange(trouble)` is called when it changes, with a sentence if that failed. */
export class Attachment {
  #now = null;
  #preview = null;
  #group = false;
  #onChange;

  constructor(onChange) {
    this.#onChange = onChange;
    byId("detach").addEventListener("click", () => this.clear());
    byId("picture-file").addEventListener("change", (event) => this.#picked(event.target, (file) => this.addPicture(file)));
    byId("any-file").addEventListener("change", (event) => this.#picked(event.target, (file) => this.addFile(file)));
    byId("picture").addEventListener("click", () => byId("picture-file").click());
    byId("text").addEventListener("paste", (event) => this.#take(event, event.clipboardData));
    const chat = byId("threads").parentElement;
    chat.addEventListener("dragover", (event) => event.dataTransfer.types.includes("Files") && event.preventDefault());
    chat.addEventListener("drop", (event) => this.#take(event, event.dataTransfer));
  }

  /** {kind, picture?, name?, records?}, or null. */
  get now() {
    return this.#now;
  }

  /** In a group, files and voices cannot be sent. */
  place(group) {
    this.#group = group;
    if (group && PRIVATE_ONLY.includes(this.#now?.kind)) this.clear();
    this.draw();
  }

  /** Make the next message one of that kind; words and picture keep the picture that is already there. */
  set(now, preview = null) {
    const kept = now?.kind === "richText" && !now.picture ? this.#now?.picture : undefined;
    if (!kept && this.#preview) URL.revokeObjectURL(this.#preview);
    if (!kept) this.#preview = preview;
    this.#now = now && kept ? { ...now, picture: kept } : now;
    this.draw();
    this.#onChange(null);
  }

  /** The next message is a text again. */
  clear() {
    if (this.#now) this.set(null);
  }

  /** Give back what was not sent. */
  restore(attached) {
    this.#now = attached;
    this.draw();
  }

  /** Attach a picture; with words it becomes a message with both. */
  async addPicture(file) {
    if (!PICTURES.includes(file.type) || file.size > LARGEST) return this.#onChange(say("notAPicture"));
    const kind = this.#now?.kind === "richText" ? "richText" : "picture";
    this.set({ kind, picture: await dataUrl(file) }, URL.createObjectURL(file));
  }

  /** Attach a file; only its name is sent, as DingTalk sends a code in place of the content. */
  addFile(file) {
    if (this.#group) return this.#onChange(say("onlyPrivate"));
    this.set({ kind: this.#now?.kind === "fileWithoutCode" ? "fileWithoutCode" : "file", name: file.name });
  }

  #picked(input, add) {
    const [file] = input.files;
    input.value = "";
    if (file) add(file);
  }

  #take(event, source) {
    const [file] = source?.files ?? [];
    if (!file) return;
    event.preventDefault();
    if (file.type.startsWith("image/")) this.addPicture(file);
    else this.addFile(file);
  }

  /** Draw the strip above the text. */
  draw() {
    byId("attached").hidden = !this.#now;
    if (!this.#now) return byId("attached-what").replaceChildren();
    const photo = this.#preview && element("img", { src: this.#preview, alt: say("kindPicture"), class: "attached-photo" });
    byId("attached-what").replaceChildren(photo || icon("attach"), element("span", {}, this.#sentence()));
  }

  #sentence() {
    const { kind, name, records } = this.#now;
    if (records?.length) return say("withNextRecords", { count: records.length });
    if (kind === "audio") return say("withNextAudio");
    if (kind === "picture") return say("withNextOptional", { kind: kindName(kind) });
    const words = kindOf(kind)?.text;
    const sentence = words === "needed" ? "withNextNeeds" : words === "optional" ? "withNextOptional" : "withNext";
    return say(sentence, { kind: name ?? kindName(kind) });
  }
}
