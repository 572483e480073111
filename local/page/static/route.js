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
export const readdress = (conversation) => history.replaceState(null, "", `#${hashOf(conversation)}`);

const hashOf = (...parts) => parts.filter(Boolean).map(encodeURIComponent).join("/");

function decode(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return "";
  }
}
