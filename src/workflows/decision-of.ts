import type { MailOutcome } from '../activities/index.ts';
import type { Decision } from './messages.ts';

/** What was decided about the mail to one recipient; `held` when there is news of the booking that has not been heard yet. */
export function decisionOf(result: MailOutcome): Decision | 'held' {
  if (result.outcome === 'held') return 'held';
  if (result.outcome === 'skipped') return result;
  const { sentAt, possibleDuplicate } = result;
  return { outcome: 'sent', sentAt, ...(possibleDuplicate && { reason: 'possible_duplicate' }) };
}

/** What became of a mail to several: sent as soon as somebody has got it, `held` as long as one of them is. */
export function decisionOfAll(results: readonly (Decision | 'held')[]): Decision | 'held' {
  const decisions = results.filter((result) => result !== 'held');
  if (decisions.length < results.length) return 'held';

  const sent = decisions.find(({ outcome }) => outcome === 'sent');
  if (!sent) return decisions[0] ?? { outcome: 'skipped', reason: 'no_email_address' };
  if (decisions.some(({ outcome }) => outcome !== 'sent')) return { ...sent, reason: 'not_all_recipients' };
  return decisions.find(({ reason }) => reason === 'possible_duplicate') ?? sent;
}
