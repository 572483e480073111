// The faults as a list of switches, each with one line on what it imitates, and those that are on.

import { element, icon } from "./dom.js";
import { found } from "./fault_search.js";
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
      element("span", { class: "fault-line", title: fault.id }, sentence),
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
      ? element("select", common, ...given.choices.map((choice) => element("option", { value: choice, selected: choice === given.default }, inWords(given, choice))))
      : element("input", { ...common, type: given.type === "number" ? "number" : "text", step: "any", min: given.min, max: given.max, value: String(given.default ?? "") });
  return element("label", {}, element("span", {}, label), field);
}

/** A value as people read it: the words of a choice where there are some, what a number counts. */
const inWords = (parameter, value) => line(parameter.words?.[value]) || String(value);

function chosenOf(known, parameters) {
  const named = Object.entries(parameters ?? {}).filter(([, value]) => value !== "");
  return named.map(([name, value]) => {
    const parameter = known?.parameters.find((one) => one.name === name);
    if (!parameter) return String(value);
    return parameter.type === "choice" ? inWords(parameter, value) : `${line(parameter.line)} ${value}`;
  });
}

/** Whether a group is open, or was before something was searched. */
export const opensByItself = (group) => (group.dataset.opened ?? String(group.open)) === "true";

/** Hide the faults that do not fit `wanted`, and the groups that have none; true where some are left. */
export function searchFaults(groups, catalogue, wanted) {
  const fits = found(catalogue, wanted);
  const searched = wanted.trim() !== "";
  for (const group of groups.querySelectorAll("details")) {
    for (const button of group.querySelectorAll("[data-fault]")) button.closest("li").hidden = !fits.has(button.dataset.fault);
    group.hidden = !group.querySelector("li:not([hidden])");
    const opens = opensByItself(group);
    group.open = opens || searched;
    if (searched) group.dataset.opened = String(opens);
    else delete group.dataset.opened;
  }
  return fits.size > 0;
}

/** Those that are on: what, where, for how long, and a button that ends it. */
export function activeList(store, catalogue) {
  if (store.faults.length === 0) return [element("li", { class: "hint" }, say("faultsNone"))];
  return store.faults.map((fault) => {
    const known = catalogue?.faults.find(({ id }) => id === fault.id);
    const sentence = known ? line(known.line) : fault.id;
    const chosen = chosenOf(known, fault.parameters).join(currentLanguage() === "zh" ? "，" : ", ");
    return element(
      "li",
      {},
      element("span", {}, sentence, chosen && element("span", { class: "fault-chosen" }, chosen), element("span", { class: "fault-left" }, `${place(store, fault)} · ${left(fault)}`)),
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
