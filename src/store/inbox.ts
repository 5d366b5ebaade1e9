import type { Booking, BookingEvent, BookingKey } from '../booking.ts';

/**
 * Who reported it: Cal.com by a webhook, an operator, Cal.com's API when it was asked before a mail or by the reconciler, we
 * ourselves for the calls that go with a cancelled series, or an attendee by a link in a mail.
 */
export type DeliverySource = 'calcom' | 'operator' | 'api' | 'reconcile' | 'series' | 'attendee';

/** One webhook request, or another report, as it arrived. */
export interface ArrivedDelivery {
  source: DeliverySource;
  /** The bytes as sent. Only their hash is kept, to know a repeat by. */
  body: Buffer;
  /** The body without secrets, as it is kept, encrypted. */
  keptBody: Buffer;
  /** The headers that reading depends on, by their lower-case names. */
  headers: Record<string, string>;
  signature: 'valid' | 'unsigned';
  /** Which of the secrets fitted the signature: 1 is the first. */
  secretNumber?: number;
  receivedAt: Date;
}

/** What reading made of a delivery, and so what becomes of it. */
export type Verdict =
  | { status: 'pending'; trigger: string; event: BookingEvent; warnings: readonly string[] }
  | { status: 'ignored' | 'rejected' | 'quarantined'; trigger?: string; reason: string };

export type DeliveryStatus = 'pending' | 'dispatched' | 'ignored' | 'rejected' | 'quarantined';

/** A delivery that this process may dispatch until its lease ends. */
export interface ClaimedDelivery {
  id: number;
  event: BookingEvent;
  /** Whether its booking has been replaced for good. */
  isRetired: boolean;
  /** The bookings that it has retired: each run of theirs is to hear it. */
  replaces: readonly BookingKey[];
  /** Which booking its subject has taken the place of, whichever delivery said so; undefined for none. */
  standsInFor: BookingKey | undefined;
  receivedAt: Date;
  /** This one included. Whoever has claimed it before the last attempt can no longer mark it. */
  attempts: number;
  /** How often Temporal has refused it as invalid so far. */
  refusals: number;
}

/** What became of a delivery that every target took. */
export type DispatchOutcome =
  /** A run has it. */
  | 'told'
  /** The call is over: its run takes no more news. */
  | 'closed'
  /** Its booking has been replaced for good: nothing is started for it. */
  | 'retired'
  /** No run looks after its booking, and this news starts none. It is told once there is one. */
  | 'absent';

/** What became of a delivery, and which bookings have a run because of it. */
export interface Dispatched {
  outcome: DispatchOutcome;
  /** They get their rows among the bookings. */
  started: readonly Booking[];
}

/** A call of a recurring series. `startsAt` is ISO 8601, UTC. */
export interface SeriesCall {
  uid: string;
  startsAt: string;
}

/** A delivery as the operator sees it. No names, no addresses. */
export interface DeliverySummary {
  id: number;
  source: DeliverySource;
  receivedAt: Date;
  trigger?: string;
  subjectUid?: string;
  replacedUid?: string;
  status: DeliveryStatus;
  /** Why it was ignored, rejected or quarantined, or what became of it. */
  reason?: string;
  attempts: number;
  lastError?: string;
}

export interface DeliveryDetails extends DeliverySummary {
  headers: Record<string, string>;
  signature: 'valid' | 'unsigned';
  secretNumber?: number;
  warnings: readonly string[];
  dispatchedAt?: Date;
  /** The uids of the bookings that it has retired: those it names, and those of its lineage. */
  retires?: readonly string[];
  /** See {@link Booking.lineage}. */
  lineage?: string;
  lineageSequence?: number;
  series?: string;
  /** It calls off the later calls of its series as well. */
  endsSeries?: boolean;
  /** Without secrets; undefined once it has been purged. It holds names and addresses. */
  body?: Buffer;
}

/** Everything that was reported, kept until long after it has been dispatched. */
export interface Inbox {
  /**
   * Keeps a delivery, in the same transaction notes the booking that it names as replaced as retired, and then those of its lineage
   * that come before it, even if they arrive later. Once it returns, all of that is on disk.
   *
   * An exact repeat (same source, same body), whatever its age, changes nothing, unless the first was rejected or quarantined: then it takes the
   * new verdict.
   *
   * @throws {StoreUnavailable} when it could not be kept.
   */
  keep(delivery: ArrivedDelivery, verdict: Verdict): Promise<{ id: number; status: DeliveryStatus; repeated: boolean }>;
  /** Takes up to `limit` pending deliveries whose time has come, oldest first, and leases them: no other process takes them meanwhile. */
  claim(limit: number, leaseMs: number): Promise<ClaimedDelivery[]>;
  /**
   * Every target took it. A booking that was told for the first time gets its row among the bookings, in the same transaction, and
   * what was `absent` for it is dispatched again. If its booking was retired in the meantime, so is the delivery that retired it.
   *
   * Something may have arrived since it was claimed that makes it another matter: then it stays pending, and is claimed again.
   */
  markDispatched(delivery: ClaimedDelivery, dispatched: Dispatched): Promise<void>;
  /**
   * Keeps a cancelling delivery for each known later call of the series, if a delivery has called the rest of it off. Safe to repeat,
   * and in any order: a call that is heard of after its series was called off gets one as well, if it had been booked before.
   *
   * @returns how many are new.
   */
  spreadOverSeries(series: string): Promise<number>;
  /**
   * The calls of its series that were booked at once with this one, itself among them, soonest first, as far as they have been told
   * and have not been called off; none for a call that stands alone.
   */
  callsBookedWith(booking: BookingKey): Promise<SeriesCall[]>;
  /**
   * The calls of its series that one cancel has called off together with this one, itself among them, soonest first: those that had
   * been heard of by then and were yet to come. None for a call that was cancelled alone.
   */
  callsCalledOffWith(booking: BookingKey): Promise<SeriesCall[]>;
  /** It could not be dispatched now: it stays pending, and is claimed again after the pause. */
  putBack(id: number, options: { error: string; pauseMs: number; refused: boolean }): Promise<void>;
  quarantine(id: number, reason: string): Promise<void>;
  /**
   * Lets every dispatched delivery of this booking, as subject or as the replaced one, be dispatched again, save those whose
   * event the run has heard, by {@link BookingEvent.id}. A repeat is harmless to a run.
   *
   * @returns how many.
   */
  tellAgain(booking: BookingKey, heard: readonly string[]): Promise<number>;
  /** Lets every delivery that was dispatched since then be dispatched again. @returns how many. */
  tellAllAgainSince(receivedAt: Date): Promise<number>;
  /**
   * Whether the inbox holds a cancelling or moving event that concerns this booking, as subject or as the replaced one, and
   * that is not among those the run has heard, by {@link BookingEvent.id}; also when the booking is retired.
   */
  hasUnheardNews(booking: BookingKey, heard: readonly string[]): Promise<boolean>;
  isRetired(booking: BookingKey): Promise<boolean>;
  /** Newest first; `before` is the last id of the page before. */
  list(filter: { status?: DeliveryStatus; before?: number; limit: number }): Promise<DeliverySummary[]>;
  find(id: number): Promise<DeliveryDetails | undefined>;
  /** Gives a kept delivery another verdict: what was quarantined is pending again once it can be read. */
  reread(id: number, verdict: Verdict): Promise<void>;
  /** How many are pending, and since when the oldest is; for readiness and alerts. */
  backlog(): Promise<{ pending: number; oldestReceivedAt?: Date }>;
}
