// The page server's API: requests, and the stream of events with its reconnecting.

/** The server said no; `message` is its sentence. `why` is null when it did not answer at all. */
export class Refused extends Error {
  constructor(why) {
    super(why ?? "no answer");
    this.why = why;
  }
}

async function call(path, options) {
  let response;
  try {
    response = await fetch(path, options);
  } catch {
    throw new Refused(null);
  }
  const body = await response.json().catch(() => ({}));
  if (!response.ok) throw new Refused(body.error ?? `HTTP ${response.status}`);
  return body;
}

const post = (path, body) =>
  call(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });

/** Everything the page shows, at one moment. */
export const fetchState = () => call("/api/state", { cache: "no-store" });

/** The story of one message. */
export const fetchStory = (id) => call(`/api/story/${encodeURIComponent(id)}`, { cache: "no-store" });

/** Send as a person; resolves with the message as the server knows it. */
export const sendMessage = (draft) => post("/api/send", draft);

/** Deliver the callback of a message again, `after` so many seconds of the cloud's clock. */
export const redeliver = (message, after) => post("/api/redeliver", { message, after });

/** The kinds of messages that can be sent. */
export const fetchKinds = () => call("/api/kinds");

/** Every fault there is, and those that are switched on. */
export const fetchFaults = () => call("/api/faults", { cache: "no-store" });

/** Switch a fault on; resolves with its entry among those that are on. */
export const switchOn = (fault) => post("/api/faults", fault);

/** Switch off the fault of that number, or all; resolves with what is left. */
export const switchOff = (number) => call(`/api/faults${number === undefined ? "" : `/${number}`}`, { method: "DELETE" });

/** Move the clock: {advance: seconds} or {reset: true}; resolves with it. */
export const moveClock = (move) => post("/api/clock", move);

/** Forget everything. */
export const resetAll = () => post("/api/reset", {});

const RETRY_MS = [500, 1000, 2000, 4000];

/**
 * Listen for events until the page is closed. `onOpen` is called after every (re)connection, because events were
 * missed in between; `onLost` when the connection breaks.
 */
export function listen({ onOpen, onEvent, onLost }) {
  let failures = 0;
  const connect = () => {
    const source = new EventSource("/api/events");
    source.onopen = () => {
      failures = 0;
      onOpen();
    };
    source.onmessage = (event) => onEvent(JSON.parse(event.data));
    source.onerror = () => {
      onLost();
      source.close();
      setTimeout(connect, RETRY_MS[Math.min(failures, RETRY_MS.length - 1)]);
      failures += 1;
    };
  };
  connect();
}
