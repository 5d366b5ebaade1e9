import { z } from 'zod';
import type { BookingPlan, NoticeChoices, ReminderPlan, ReminderStep, SpecialPlan } from './booking-plan.ts';
import { choicesIn, Duration, emptyAsDefault, nameOf } from './choice-shapes.ts';
import { isSameName } from './same-name.ts';

const Template = nameOf('the name of a mail').regex(/^\w[\w-]*$/, {
  error: 'expected the name of a mail, of letters, digits and hyphens',
});

const TimeOfDay = z
  .string({ error: 'expected a time such as "21:00"' })
  .regex(/^([01]\d|2[0-3]):[0-5]\d$/, { error: 'expected a time such as "21:00"' });

const YesOrNo = z.boolean({ error: 'expected true or false' });

const Step = choicesIn(
  {
    before: Duration,
    template: Template,
    when: z
      .enum(['always', 'members', 'others', 'unconfirmed'], {
        error: 'expected always, members, others or unconfirmed',
      })
      .default('always'),
    late: z.enum(['skip', 'merge'], { error: 'expected skip or merge' }).default('skip'),
    calendarFile: YesOrNo.default(false),
  },
  'before: 24h',
).transform(
  ({ before, template, when, late, calendarFile }): ReminderStep => ({
    offsetMs: before,
    template,
    ...(when !== 'always' && { when }),
    ...(late === 'merge' && { late }),
    ...(calendarFile && { calendarFile }),
  }),
);

/** Cal.com's ids are numbers. */
const EventType = z
  .union([z.string(), z.number()], { error: 'expected an event type, by its id or its slug' })
  .transform((given) => String(given).trim());

const Concerned = choicesIn(
  {
    eventTypes: z.array(EventType, { error: 'expected a list of event types' }).min(1).optional(),
    campaigns: z
      .array(nameOf('the name of a campaign'), { error: 'expected a list of campaign names' })
      .min(1, { error: 'expected a list of campaign names' })
      .optional(),
  },
  'eventTypes: [intro-call]',
).refine(({ eventTypes, campaigns }) => eventTypes !== undefined || campaigns !== undefined, {
  error: 'expected eventTypes, campaigns, or both',
});

const QuietHours = choicesIn({ from: TimeOfDay, to: TimeOfDay }, 'from: "21:00"').refine(
  ({ from, to }) => from !== to,
  {
    error: 'expected two different times',
  },
);

const Plan = choicesIn(
  {
    for: Concerned.optional(),
    steps: z
      .array(Step, { error: 'expected a list of reminders, such as `- before: 24h`' })
      .refine(areDifferent, { error: 'expected reminders at different times before the call' })
      .transform((steps) => steps.toSorted((a, b) => b.offsetMs - a.offsetMs)),
    quietHours: QuietHours.optional(),
  },
  'steps: [{before: 24h, template: 24h}]',
);

type GivenPlan = z.infer<typeof Plan>;

/** The operator's reminders: at most one plan is for all bookings that no other is for. */
export const ReminderChoices = z
  .array(Plan, { error: 'expected a list of plans, such as `- steps:`' })
  .nullish()
  .transform((plans) => plans ?? [])
  .refine((plans) => plans.filter((plan) => !plan.for).length <= 1, {
    error: 'expected one plan without `for` at most: it is for all bookings that no other is for',
  });

/** The operator's mails that tell what has happened. */
export const NoticesSection = emptyAsDefault(
  choicesIn(
    {
      confirmation: YesOrNo.default(false),
      moved: YesOrNo.default(true),
      cancelled: YesOrNo.default(true),
      noShow: z
        .array(Duration, { error: 'expected a list of durations, such as [10m, 1d]' })
        .max(2, { error: 'expected two mails at most' })
        .refine((afterMs) => new Set(afterMs).size === afterMs.length, { error: 'expected different durations' })
        .default([10 * 60_000, 24 * 3_600_000]),
      host: emptyAsDefault(
        choicesIn(
          { booked: YesOrNo.default(true), moved: YesOrNo.default(true), cancelled: YesOrNo.default(true) },
          'booked: false',
        ),
      ),
    },
    'confirmation: true',
  ).transform(
    ({ noShow, ...others }): NoticeChoices => ({ ...others, noShowAfterMs: noShow.toSorted((a, b) => a - b) }),
  ),
);

/** The campaigns that plans are for and that are none of the operator's, by where they stand. */
export function unknownCampaigns(plans: readonly GivenPlan[], campaigns: readonly string[]): (string | number)[][] {
  return plans.flatMap((plan, index) =>
    (plan.for?.campaigns ?? []).flatMap((name, at) =>
      spelledAsIn(campaigns, name) === undefined ? [[index, 'for', 'campaigns', at]] : [],
    ),
  );
}

/** The plans as a run needs them, campaigns spelled as in the list of them; without any, nothing. */
export function plansOf(
  plans: readonly GivenPlan[],
  campaigns: readonly string[],
): { usual: ReminderPlan | undefined; special: SpecialPlan[] } {
  const usual = plans.find((plan) => !plan.for);
  const special = plans.flatMap(({ for: concerned, ...plan }): SpecialPlan[] => {
    if (!concerned) return [];
    const { eventTypes, campaigns: named } = concerned;
    return [
      {
        for: {
          ...(eventTypes && { eventTypes }),
          ...(named && { campaigns: named.map((name) => spelledAsIn(campaigns, name) ?? name) }),
        },
        ...reminderPlanOf(plan),
      },
    ];
  });
  return { usual: usual && reminderPlanOf(usual), special };
}

/** Every mail that a plan's reminders are made of, each once. */
export function templatesOf({ steps, special = [] }: Pick<BookingPlan, 'steps' | 'special'>): string[] {
  return [...new Set([steps, ...special.map((plan) => plan.steps)].flat().map(({ template }) => template))];
}

function reminderPlanOf({ steps, quietHours }: GivenPlan): ReminderPlan {
  return { steps, ...(quietHours && { quietHours }) };
}

function spelledAsIn(campaigns: readonly string[], name: string): string | undefined {
  return campaigns.find((campaign) => isSameName(campaign, name));
}

function areDifferent(steps: readonly ReminderStep[]): boolean {
  return new Set(steps.map(({ offsetMs }) => offsetMs)).size === steps.length;
}
