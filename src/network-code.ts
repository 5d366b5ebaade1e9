/** Why `fetch` failed. Only the code: the message may hold more than we want to repeat. */
export function networkCodeOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  return typeof cause === 'object' && cause !== null && 'code' in cause ? String(cause.code) : 'connection closed';
}
