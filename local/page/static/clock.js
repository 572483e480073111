// The cloud's clock, as far ahead of this machine's as somebody has moved it.

let offset = 0;

/** Milliseconds since the epoch, in the cloud. */
export const cloudNow = () => Date.now() + offset * 1000;

/** How many seconds it is ahead of this machine's clock. */
export const clockOffset = () => offset;

/** Take the clock of the server's state. */
export function setClock(clock) {
  offset = clock.offset ?? 0;
}
