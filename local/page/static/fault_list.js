// The faults as a list of switches, each with one line on what it imitates, and those that are on.

import { element, icon } from "./dom.js";
import { currentLanguage, say } from "./language.js";

const line = (both) => both?.[currentLanguage()] ?? "";

/** The groups of the catalogue; those named in `opened` are open, the first one if none is. */
export function faultGroups({ groups, faults }, opened) {
  return groups.map((group, index) => {
    const entries = faults.filter((fault) => fault.group === group.id);
    return element(
      "details",
      { "data-group": group.id, open: opened.size ? opened.has(group.id) : index === 0 },
      element("summary", {}, line(group.title), element("span", { class: "count" })),
      !group.available && element("p", { class: "hint" }, say("faultUnavailable")),
      element("ul", { class: "faults" }, ...entries.map((fault) => row(fault, group.available))),
    );
  });
}

function row(fault, available) {
  const sentence = line(fault.line);
  return element(
    "li",
    {},
    element(
      "button",
      { type: "button", role: "switch", class: "fault", "data-fault": fault.id, "aria-checked": "false", disabled: !available },
      element("span", { class: "fault-line" }, sentence),
      element("span", { class: "knob", "aria-hidden": "true" }),
    ),
    fault.parameters.length > 0 && element("div", { class: "parameters" }, ...fault.parameters.map(parameter)),
  );
}

function parameter(given) {
  const label = line(given.line);
  const common = { "data-parameter": given.name, "aria-label": label };
  const field =
    given.type === "choice"
      ? element("select", common, ...given.choices.map((choice) => element("option", { value: choice, selected: choice === given.default }, choice)))
      : element("input", { ...common, type: given.type === "number" ? "number" : "text", step: "any", min: given.min, max: given.max, value: String(given.default ?? "") });
  return element("label", {}, element("span", {}, label), field);
}

/** Those that are on: what, where, for how long, and a button that ends it. */
export function activeList(store, catalogue) {
  if (store.faults.length === 0) return [element("li", { class: "hint" }, say("faultsNone"))];
  return store.faults.map((fault) => {
    const known = catalogue?.faults.find(({ id }) => id === fault.id);
    const sentence = known ? line(known.line) : fault.id;
    const chosen = Object.values(fault.parameters ?? {}).filter((value) => value !== "").join(", ");
    return element(
      "li",
      {},
      element("span", {}, sentence, chosen && element("code", {}, chosen), element("span", { class: "fault-left" }, `${place(store, fault)} · ${left(fault)}`)),
      element("button", { type: "button", class: "icon-button", "data-number": fault.number, "aria-label": say("faultOff", { line: sentence }) }, icon("close")),
    );
  });
}

function place(store, { conversation }) {
  const found = store.conversations.get(conversation);
  if (!found) return say("faultAnywhere");
  const people = found.kind === "private" ? say("privateWith", { name: store.nameOf(found.people[0]) }) : found.title;
  return say("faultIn", { place: people });
}

function left({ times, messages }) {
  if (messages !== null && messages !== undefined) return say("leftMessages", { count: messages });
  return times === null || times === undefined ? say("leftForEver") : say("leftTimes", { count: times });
}
