import type { Answer } from '../booking.ts';
import { oneLine } from '../clean-text.ts';
import { type Fields, fieldsOf } from './fields.ts';
import { readFlag } from './read-flag.ts';
import { firstText } from './read-text.ts';

const MOST_ANSWERS = 30;
const LONGEST_ANSWER = 500;
/** Nobody is asked for more than a list of things with a name and a value each. */
const DEEPEST = 4;

/** What Cal.com asks on its own account: it is told elsewhere in the booking, or concerns nobody else. */
const ASKED_BY_CALCOM = new Set([
  ...['name', 'email', 'guests', 'location', 'title', 'notes', 'rescheduleReason'],
  ...['attendeePhoneNumber', 'smsReminderNumber', 'aiAgentCallPhoneNumber'],
]);

/** What the booker has answered to the owner's own questions. Cal.com's own form, and what was not shown, are left out. */
export function readAnswers({ userFieldsResponses, responses }: Fields): Answer[] {
  const own = answersIn(userFieldsResponses);
  return own.length > 0 ? own : answersIn(responses);
}

/** Whether an entry of a form's answers is one that may be read: what is not need not be kept. */
export function isOwnQuestion(name: string, entry: unknown): boolean {
  return !ASKED_BY_CALCOM.has(name) && readFlag(fieldsOf(entry)?.['isHidden']) !== true;
}

function answersIn(form: unknown): Answer[] {
  return Object.entries(fieldsOf(form) ?? {})
    .filter(([name, entry]) => isOwnQuestion(name, entry))
    .flatMap(([name, entry]) => {
      const question = questionOf(name, fieldsOf(entry)?.['label']);
      const answer = oneLine(textOf(answerOf(entry)), LONGEST_ANSWER);
      return question && answer ? [{ question, answer }] : [];
    })
    .slice(0, MOST_ANSWERS);
}

/** A webhook has the answer beside its question; the API, and older forms, have it by itself. */
function answerOf(entry: unknown): unknown {
  const fields = fieldsOf(entry);
  return fields && ('label' in fields || 'value' in fields) ? fields['value'] : entry;
}

/** As the form asks it. Where only the field's name is told, the words of that; a key of Cal.com's own texts asks nothing. */
function questionOf(name: string, label: unknown): string | undefined {
  const told = firstText(label);
  if (told !== undefined && told !== name) return /^[a-z0-9]+(_[a-z0-9]+)+$/.test(told) ? undefined : told;
  const words = oneLine(name.replace(/[-_]+/g, ' '));
  return words && words.charAt(0).toUpperCase() + words.slice(1);
}

function textOf(value: unknown, depth = 0): string {
  if (typeof value === 'string') return value;
  // A longer one is written in another way, and nobody has typed it.
  if (typeof value === 'number') return Math.abs(value) < 1e21 ? String(value) : '';
  if (typeof value === 'boolean') return value ? 'Yes' : 'No';
  if (typeof value !== 'object' || value === null || depth === DEEPEST) return '';
  if (Array.isArray(value)) return joined(value, ', ', depth);
  // A choice with a field of its own, such as a phone number, tells that under another name.
  const { value: chosen, optionValue, ...others } = value as Fields;
  if (chosen !== undefined) return joined([chosen, optionValue], ', ', depth);
  return joined(Object.values(others), ' ', depth);
}

/** No more of them than an answer has room for: a list of a million must not be read to its end. */
function joined(values: readonly unknown[], separator: string, depth: number): string {
  return values
    .slice(0, LONGEST_ANSWER)
    .map((value) => textOf(value, depth + 1).trim())
    .filter((text) => text !== '')
    .join(separator);
}
