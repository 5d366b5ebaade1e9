import { describe, expect, it } from 'vitest';
import { bookingIn, created, fixture, type Json, sample } from './support.ts';

/** A form's entry as a webhook has it. */
function asked(label: unknown, value: unknown, more: Json = {}): Json {
  return { label, value, isHidden: false, ...more };
}

function answersIn(userFieldsResponses: Json, fields: Json = {}) {
  return bookingIn(created({ userFieldsResponses, ...fields })).answers;
}

/** The one answer to the question "What for?". */
function answerOf(value: unknown): string | undefined {
  return answersIn({ 'what-for': asked('What for?', value) })?.[0]?.answer;
}

describe('the answers to the owner’s questions', () => {
  it('are told with their questions, in the order of the form', () => {
    const form = { 'team-size': asked('How many are you?', 12), budget: asked('Your budget?', '10,000 €') };

    expect(answersIn(form)).toEqual([
      { question: 'How many are you?', answer: '12' },
      { question: 'Your budget?', answer: '10,000 €' },
    ]);
  });

  it('are found among all answers where the owner’s are not told apart', () => {
    const { responses } = created().payload;

    expect(answersIn({}, { responses: { ...(responses as Json), budget: asked('Your budget?', '10k') } })).toEqual([
      { question: 'Your budget?', answer: '10k' },
    ]);
  });

  it('are none of those to Cal.com’s own form', () => {
    for (const name of ['booking-created', 'booking-created.phone-only', 'booking-rescheduled', 'booking-cancelled']) {
      expect(bookingIn(fixture(name))).not.toHaveProperty('answers');
    }
  });

  it('are told of the one seat that the news is about, and not where all are told of at once', () => {
    const form = { userFieldsResponses: { budget: asked('Your budget?', '10k') } };
    const seats = [1, 2].map((n) => ({ email: `seat-${n}@example.com`, name: `Seat ${n}` }));

    expect(bookingIn(sample('booking-created.seat-1', form)).answers).toHaveLength(1);
    expect(bookingIn(sample('booking-created.seat-1', { ...form, attendees: seats }))).not.toHaveProperty('answers');
  });

  it('are 30 at most', () => {
    const form = Array.from({ length: 40 }, (_, n) => [`q${n}`, asked(`Question ${n}?`, `${n}`)]);

    expect(answersIn(Object.fromEntries(form) as Json)).toHaveLength(30);
  });

  it.each<[string, Json]>([
    ['was not shown', { source: asked('Source', 'ad', { isHidden: true }) }],
    ['was not shown, as a template tells it', { source: asked('Source', 'ad', { isHidden: 'true' }) }],
    ['is a key of Cal.com’s own texts', { extra: asked('what_is_this_meeting_about', 'x') }],
    ['was not answered', { budget: { label: 'Your budget?', isHidden: false } }],
    ['was answered with nothing', { budget: asked('Your budget?', ' \u200b ') }],
    ['was answered with an empty list', { budget: asked('Your budget?', [null, '', []]) }],
  ])('lack one whose question %s', (_, form) => {
    expect(answersIn(form)).toBeUndefined();
  });
});

describe('a question', () => {
  it.each([
    ['your-budget', 'your-budget', 'Your budget'],
    ['your-budget', undefined, 'Your budget'],
    ['team_size', null, 'Team size'],
    ['budget', 'budget', 'Budget'],
    ['budget', 'What is\r\nyour budget?\u202e', 'What is your budget?'],
    ['budget', 'Q'.repeat(300), `${'Q'.repeat(199)}…`],
  ])('under the name %s with the label %j is one clean line', (name, label, question) => {
    expect(answersIn({ [name]: asked(label, 'x') })).toEqual([{ question, answer: 'x' }]);
  });
});

describe('an answer', () => {
  it.each<[unknown, string | undefined]>([
    ['  two\nlines\u0000 ', 'two lines'],
    ['x'.repeat(600), `${'x'.repeat(499)}…`],
    [0, '0'],
    [true, 'Yes'],
    [false, 'No'],
    [['Search', 'A friend'], 'Search, A friend'],
    [{ value: 'phone', optionValue: '+15550142233' }, 'phone, +15550142233'],
    [{ firstName: 'Ines', lastName: 'Carvalho' }, 'Ines Carvalho'],
    [[[[[['deep']]]]], undefined],
    [{}, undefined],
  ])('is one clean line of what was given: %j', (value, answer) => {
    expect(answerOf(value)).toBe(answer);
  });

  it('is read in no time from a list without end', () => {
    expect(answerOf(Array.from({ length: 100_000 }, () => 'yes'))).toHaveLength(500);
  });
});
