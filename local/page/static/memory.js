// What this browser remembers between visits. A browser that forbids storage only forgets.

const PREFIX = "local-dingtalk.";

/** The remembered value, or `otherwise`. */
export function recall(key, otherwise) {
  try {
    const kept = localStorage.getItem(PREFIX + key);
    return kept === null ? otherwise : JSON.parse(kept);
  } catch {
    return otherwise;
  }
}

/** Remember a value; undefined forgets it. */
export function keep(key, value) {
  try {
    if (value === undefined) localStorage.removeItem(PREFIX + key);
    else localStorage.setItem(PREFIX + key, JSON.stringify(value));
  } catch {
    // Full or forbidden storage: the page works without it.
  }
}

/** Forget every value whose key begins so. */
export function forget(beginning) {
  try {
    for (const key of Object.keys(localStorage)) if (key.startsWith(PREFIX + beginning)) localStorage.removeItem(key);
  } catch {
    // Nothing was kept.
  }
}
