import { createHash } from 'node:crypto';
import type { Booking, CancelledEvent } from '../booking.ts';

/**
 * What is read of a booking, or of a cancel, without being part of what makes news of it: it was added when ids had been kept, and the
 * same body, or the same answer of the API, must be the same news whichever version reads it.
 */
type Beside = Pick<Booking, 'eventTypeSlug' | 'answers' | 'pages' | 'calendarEntry'> & Pick<CancelledEvent, 'reason'>;

/** Names news by what it says: the same facts have the same id. The order and the spelling of the facts is part of it. */
export function eventIdOf(facts: readonly unknown[]): string {
  const told = facts.map((fact) => (typeof fact === 'object' && fact !== null ? withoutBeside(fact) : fact));
  return createHash('sha256').update(JSON.stringify(told)).digest('hex').slice(0, 32);
}

function withoutBeside(fact: Beside): object {
  const {
    eventTypeSlug: _slug,
    answers: _answers,
    pages: _pages,
    calendarEntry: _entry,
    reason: _reason,
    ...told
  } = fact;
  return told;
}
