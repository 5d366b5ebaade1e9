/** A JSON object of which nothing is known yet. */
export type Fields = Record<string, unknown>;

/** A delivery's booking, and where the body has each of its fields, or should have it. */
export interface BookingFields {
  fields: Fields;
  at: (name: string) => string;
}

export function fieldsOf(value: unknown): Fields | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : undefined;
}

/** Whether a field says anything: a template leaves an empty text where a booking has nothing. */
export function isTold(value: unknown): boolean {
  const told = Object.values(fieldsOf(value) ?? [value]);
  return told.some((part) => part != null && (typeof part !== 'string' || part.trim() !== ''));
}

/** The booking of a delivery: under `payload`, or without one directly in the body, as with the end of a meeting. */
export function deliveredFieldsOf(envelope: Fields): BookingFields | undefined {
  const told = bookingFieldsOf(envelope['payload']);
  if (!['uid', 'bookingUid', 'startTime'].some((name) => envelope[name] != null)) return told;
  if (!told) return bookingFieldsOf(envelope, '');
  return { ...told, fields: { ...envelope, ...withoutNulls(told.fields) } };
}

/**
 * The booking lies directly under `payload`, or with some senders under `payload.booking`, where a start and attendees may
 * be all there is; what is not there is looked for beside it.
 */
export function bookingFieldsOf(payload: unknown, path = 'payload.'): BookingFields | undefined {
  const outer = fieldsOf(payload);
  if (!outer) return undefined;
  const inner = fieldsOf(outer['booking']);
  return {
    fields: inner ? { ...outer, ...withoutNulls(inner) } : outer,
    at: (name) => (inner && (inner[name] != null || outer[name] == null) ? `${path}booking.${name}` : `${path}${name}`),
  };
}

export function withoutNulls(fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value != null));
}
