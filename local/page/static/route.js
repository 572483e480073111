// The address: #conversation, #conversation/message with that message's story, or #conversation/!tools.

/** What stands in place of a message when the panel of faults and clock is open. */
export const TOOLS = "!tools";

/** The parts of the address, as they are written there. */
export function addressed() {
  const [conversation, place] = location.hash.slice(1).split("/").map(decode);
  return { conversation: conversation || null, place: place || null };
}

/** Write the address; the browser keeps the way back. */
export function address(conversation, place) {
  const hash = hashOf(conversation, place);
  if (location.hash.slice(1) !== hash) location.hash = hash;
}

/** Write it in place of the present one. */
export const readdress = (conversation, place) => history.replaceState(history.state, "", `#${hashOf(conversation, place)}`);

/** The address that the page was opened with was reached from no other of its own. */
export const startWay = () => history.state ?? history.replaceState({}, "");

/** Remember, with an address that is new, from which one it was reached. */
export function noteWay({ oldURL }) {
  if (history.state === null) history.replaceState({ from: new URL(oldURL).hash.slice(1) }, "");
}

/** Go to an address that lies behind the present one: back, where one came from there; true when that is on its way. */
export function leave(conversation, place) {
  const back = history.state?.from === hashOf(conversation, place);
  if (back) history.back();
  else readdress(conversation, place);
  return back;
}

const hashOf = (...parts) => parts.filter(Boolean).map(encodeURIComponent).join("/");

function decode(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return "";
  }
}
