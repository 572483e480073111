// Menus are walked through with the arrow keys.

const STEPS = { ArrowDown: 1, ArrowUp: -1 };

/** Let the arrow keys move in a popover menu, and its button say whether it is open. */
export function wireMenuKeys(menu, button) {
  menu.addEventListener("toggle", (event) => button.setAttribute("aria-expanded", String(event.newState === "open")));
  menu.addEventListener("keydown", (event) => {
    const choices = [...menu.children];
    if (event.key === "Home" || event.key === "End") {
      event.preventDefault();
      return choices.at(event.key === "Home" ? 0 : -1)?.focus();
    }
    if (!(event.key in STEPS)) return;
    event.preventDefault();
    const next = choices.indexOf(document.activeElement) + STEPS[event.key];
    choices.at(next % choices.length)?.focus();
  });
}
