// The panel of what can go wrong on purpose: the clock, and the faults.

import { fetchFaults, moveClock, Refused, switchOff, switchOn } from "./api.js";
import { cloudNow, clockOffset } from "./clock.js";
import { byId } from "./dom.js";
import { activeList, faultGroups, opensByItself, searchFaults } from "./fault_list.js";
import { fullTime, say, span } from "./language.js";

const TICK_MS = 1000;

/** The panel; `onClose` is called when somebody wants it gone. */
export class ToolsPanel {
  #store;
  #conversation = null;
  #catalogue = null;
  #open = false;

  constructor(store, onClose) {
    this.#store = store;
    byId("tools-close").addEventListener("click", onClose);
    byId("tools").addEventListener("keydown", (event) => {
      // In a search, Escape first empties it.
      if (event.key === "Escape" && !(event.target.id === "fault-search" && event.target.value)) onClose();
    });
    byId("clock-moves").addEventListener("click", (event) => this.#moved(event));
    byId("clock-form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#do(moveClock({ advance: Number(byId("clock-minutes").value) * 60 }));
    });
    byId("fault-groups").addEventListener("click", (event) => this.#switched(event));
    byId("faults-active").addEventListener("click", (event) => this.#ended(event));
    byId("faults-off").addEventListener("click", () => this.#do(switchOff()));
    byId("fault-search").addEventListener("input", () => this.#search());
    byId("fault-life").addEventListener("change", () => this.#drawScope());
    setInterval(() => this.#open && this.#drawClock(), TICK_MS);
    store.addEventListener("tools", () => this.#drawState());
  }

  /** Show the panel beside that conversation, or hide it. */
  async show(open, conversation) {
    const opens = open && !this.#open;
    this.#open = open;
    this.#conversation = conversation;
    byId("tools").hidden = !open;
    byId("tools-open").setAttribute("aria-expanded", String(open));
    this.#drawState();
    if (!opens) return;
    byId("tools-title").focus({ preventScroll: true });
    await this.#do(fetchFaults(), (catalogue) => {
      this.#catalogue = catalogue;
      this.redraw();
    });
  }

  /** Draw in another language. */
  redraw() {
    const groups = [...byId("fault-groups").querySelectorAll("details")].filter(opensByItself);
    const opened = new Set(groups.map((group) => group.dataset.group));
    if (this.#catalogue) byId("fault-groups").replaceChildren(...faultGroups(this.#catalogue, opened));
    if (byId("fault-search").value) this.#search();
    this.#drawScope();
    this.#drawState();
  }

  /** Clock and switches as they are, in the panel and in the head of the chat. */
  #drawState() {
    const { faults } = this.#store;
    const offset = clockOffset();
    byId("tools-count").hidden = faults.length === 0;
    byId("tools-count").textContent = String(faults.length);
    const unusual = [faults.length && say("unusualFaults", { count: faults.length }), offset && say("unusualClock", { clock: clockSentence(offset) })];
    byId("unusual").textContent = unusual.filter(Boolean).join(" · ");
    byId("unusual").hidden = !byId("unusual").textContent;
    if (!this.#open) return;
    this.#drawClock();
    byId("faults-off").hidden = faults.length === 0;
    byId("faults-active").replaceChildren(...activeList(this.#store, this.#catalogue));
    const on = new Set(faults.map((fault) => fault.id));
    for (const button of byId("fault-groups").querySelectorAll("[role=switch]")) button.setAttribute("aria-checked", String(on.has(button.dataset.fault)));
    for (const group of byId("fault-groups").querySelectorAll("details")) group.querySelector(".count").textContent = String(group.querySelectorAll("[aria-checked=true]").length || "");
  }

  #drawClock() {
    const offset = clockOffset();
    byId("clock-now").textContent = fullTime(cloudNow());
    byId("clock-offset").textContent = clockSentence(offset);
    byId("clock-offset").classList.toggle("moved", offset !== 0);
    byId("clock-reset").disabled = offset === 0;
  }

  #search() {
    if (!this.#catalogue) return;
    const found = searchFaults(byId("fault-groups"), this.#catalogue, byId("fault-search").value);
    byId("fault-none").textContent = found ? "" : say("faultSearchNone");
  }

  #drawScope() {
    byId("fault-count").hidden = byId("fault-life").value === "ever";
  }

  #moved(event) {
    const button = event.target.closest("button");
    if (!button) return;
    const move = button.id === "clock-reset" ? { reset: true } : { advance: Number(button.dataset.advance) };
    this.#do(moveClock(move));
  }

  /** A switch that is on goes off with all of its kind; one that is off goes on as the scope above says. */
  async #switched(event) {
    const button = event.target.closest("[role=switch]");
    if (!button) return;
    const { fault: id } = button.dataset;
    if (button.getAttribute("aria-checked") === "true") {
      for (const { number } of this.#store.faults.filter((fault) => fault.id === id)) await this.#do(switchOff(number));
      return;
    }
    const fault = { id, ...this.#scope() };
    for (const input of button.closest("li").querySelectorAll("[data-parameter]"))
      fault[input.dataset.parameter] = input.type === "number" ? Number(input.value) : input.value;
    await this.#do(switchOn(fault));
  }

  #scope() {
    const scope = {};
    const life = byId("fault-life").value;
    if (byId("fault-where").value === "here" && this.#conversation) scope.conversation = this.#conversation.id;
    if (life !== "ever") scope[life] = Math.max(1, Number(byId("fault-count").value) || 1);
    return scope;
  }

  #ended(event) {
    const button = event.target.closest("[data-number]");
    if (button) this.#do(switchOff(Number(button.dataset.number)));
  }

  /** What was changed comes back as an event, to every page that is open; an answer could be older than one. */
  async #do(asked, take = () => {}) {
    try {
      const answer = await asked;
      this.#trouble(null);
      take(answer);
    } catch (problem) {
      if (!(problem instanceof Refused)) throw problem;
      this.#trouble(say("toolsRefused", { why: problem.why ?? say("unreachable") }));
    }
  }

  #trouble(sentence) {
    byId("tools-trouble").textContent = sentence ?? "";
    byId("tools-trouble").hidden = !sentence;
  }
}

function clockSentence(offset) {
  if (Math.abs(offset) < 1) return say("clockRight");
  return say(offset > 0 ? "clockAhead" : "clockBehind", { by: span(offset) });
}
