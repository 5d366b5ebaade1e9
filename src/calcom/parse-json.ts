/** @returns undefined when the bytes are no JSON. */
export function parseJson(body: Buffer): unknown {
  try {
    // Unlike a Buffer, it passes over a byte order mark.
    return JSON.parse(new TextDecoder().decode(body));
  } catch {
    return undefined;
  }
}
