// A request as a command for the shell.

const quoted = (text) => `'${String(text).replaceAll("'", "'\\''")}'`;

/** The curl command that sends `request` ({method, url, headers, body}) again, for a POSIX shell. */
export function asCurl({ method = "POST", url = "", headers = {}, body }) {
  const lines = [`curl -X ${method} ${quoted(url)}`];
  // curl sets these itself, from the address and the data.
  const own = new Set(["host", "content-length", "connection", "accept-encoding"]);
  for (const [name, value] of Object.entries(headers)) if (!own.has(name.toLowerCase())) lines.push(`-H ${quoted(`${name}: ${value}`)}`);
  if (body !== undefined && body !== null && body !== "")
    lines.push(`--data-raw ${quoted(typeof body === "string" ? body : JSON.stringify(body))}`);
  return lines.join(" \\\n  ");
}

/** Put text on the clipboard; resolves with whether the browser allowed it. */
export async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}
