/** Which mails a booking gets, and when: what every run is told when it starts. Durations are milliseconds. */
export interface BookingPlan extends ReminderPlan {
  /** Reminders for some bookings only: the first that is for a booking holds instead of the usual ones. */
  special?: SpecialPlan[];
  notices: NoticeChoices;
  /** A call confirmed less than this before its start gets no reminders. */
  thresholdMs: number;
  /** How long after its end a call is still followed. */
  graceMs: number;
}

export interface ReminderPlan {
  /** Longest before the call first. */
  steps: ReminderStep[];
  quietHours?: QuietHours;
}

export interface SpecialPlan extends ReminderPlan {
  /** Whom it is for: any of each list; where both are given, one of each. */
  for: { eventTypes?: string[]; campaigns?: string[] };
}

export interface ReminderStep {
  offsetMs: number;
  /** The name of a mail in `templates/`, or of one of the operator's own. */
  template: string;
  /** Who gets it; everybody, if not given. */
  when?: 'members' | 'others' | 'unconfirmed';
  /** What was missed because the call was booked too late for it becomes one mail at once. Without it, it is left out. */
  late?: 'merge';
  /** Whether the calendar entry is attached. */
  calendarFile?: true;
}

/** Between these no reminder is sent: `21:00` to `08:00` by the clock of the booker. At either of the two it may be. */
export interface QuietHours {
  from: string;
  to: string;
}

/** Which mails tell what has happened to a booking. */
export interface NoticeChoices {
  confirmation: boolean;
  moved: boolean;
  cancelled: boolean;
  /** How long after a call that the booker has missed. */
  noShowAfterMs: number[];
  /** To the owner, else the organizer. */
  host: { booked: boolean; moved: boolean; cancelled: boolean };
}
