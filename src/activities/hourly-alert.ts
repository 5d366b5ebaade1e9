/** As workflows and activities log. */
export interface ActivityLog {
  info(message: string, facts?: Record<string, unknown>): void;
  warn(message: string, facts?: Record<string, unknown>): void;
  error(message: string, facts?: Record<string, unknown>): void;
}

const HOUR_MS = 3_600_000;

/** Tells the operator what only a person can mend: once an hour, for every reminder and every pass would say so. */
export function createHourlyAlert(alert: string, now: () => number): (trouble: Error, log: ActivityLog) => void {
  let lastAt = Number.NEGATIVE_INFINITY;
  return ({ message }, log) => {
    if (now() - lastAt < HOUR_MS) return;
    lastAt = now();
    log.error(message, { alert });
  };
}
