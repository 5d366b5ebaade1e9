/** What Notion tells and never needs to be told. */
const ECHOES: readonly string[] = ['plain_text', 'href', 'has_more'];

/**
 * A body as Notion has been seen to take it: with pieces of its own answers in it, and with a bare list for a title.
 *
 * Only for replaying what was once recorded: nothing of ours may rely on it.
 */
export function withoutEchoes(body: unknown): unknown {
  const told = withoutKeys(body);
  if (!isObject(told) || !isObject(told['properties'])) return told;
  const properties = Object.entries(told['properties']).map(([name, value]) => [name, withoutId(value)]);
  return { ...told, properties: Object.fromEntries(properties) };
}

function withoutKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutKeys);
  if (!isObject(value)) return value;
  const kept = Object.entries(value).filter(([key]) => !ECHOES.includes(key));
  return Object.fromEntries(kept.map(([key, inner]) => [key, withoutKeys(inner)]));
}

function withoutId(value: unknown): unknown {
  if (Array.isArray(value)) return { title: value };
  if (!isObject(value)) return value;
  const { id: _, ...rest } = value;
  return rest;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
