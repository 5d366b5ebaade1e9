/** What is to happen when, by a clock that stands still until it is moved on. Instants are epoch milliseconds. */
export interface Agenda {
  now(): number;
  /** @returns takes it off the agenda. */
  at(instant: number, act: () => void): () => void;
  /** Moves the clock to the soonest entry that is due by then, and lets it happen. @returns false if there is none. */
  next(by: number): boolean;
  moveTo(instant: number): void;
}

export function createAgenda(startsAt: number): Agenda {
  /** Soonest first; of the same instant, in the order in which they were made. */
  const entries: { instant: number; act: () => void }[] = [];
  let now = startsAt;

  return {
    now: () => now,
    at(instant, act) {
      const entry = { instant, act };
      entries.splice(entries.findLastIndex((other) => other.instant <= instant) + 1, 0, entry);
      return () => {
        const index = entries.indexOf(entry);
        if (index >= 0) entries.splice(index, 1);
      };
    },
    next(by) {
      const [entry] = entries;
      if (!entry || entry.instant > by) return false;
      entries.shift();
      now = Math.max(now, entry.instant);
      entry.act();
      return true;
    },
    moveTo(instant) {
      now = Math.max(now, instant);
    },
  };
}

/** Does one thing after the other, in the order they come. */
export interface Turns {
  take<T>(work: () => Promise<T>): Promise<T>;
  /** For what nobody waits for. */
  add(work: () => Promise<void>): void;
  /** Waits until nothing is left to do. @throws the first error of what nobody waited for. */
  idle(): Promise<void>;
}

export function createTurns(): Turns {
  const waiting: (() => Promise<void>)[] = [];
  let working: Promise<void> | undefined;
  let fault: { error: unknown } | undefined;

  async function work() {
    for (let turn = waiting.shift(); turn; turn = waiting.shift()) await turn();
    working = undefined;
  }

  function enqueue(turn: () => Promise<void>) {
    waiting.push(turn);
    working ??= Promise.resolve().then(work);
  }

  return {
    take: (work) =>
      new Promise((resolve, reject) => {
        enqueue(() => work().then(resolve, reject));
      }),
    add(work) {
      enqueue(() =>
        work().catch((error: unknown) => {
          fault ??= { error };
        }),
      );
    },
    async idle() {
      while (working) await working;
      if (fault) throw fault.error;
    },
  };
}
