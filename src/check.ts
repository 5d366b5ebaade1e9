/** One thing that was looked at: how it is, and what to do about it. The message holds no secret and nobody's address. */
export interface Check {
  part: 'notion' | 'temporal' | 'store' | 'mail' | 'calcom' | 'clock';
  /** What was looked at, in two or three words; unique within its part. */
  what: string;
  verdict: 'ok' | 'warning' | 'error';
  /** How it is; where that is not well, what is wrong and what to click or change. */
  message: string;
}

/** @returns what makes the checks of one part. */
export function checksOf(part: Check['part']) {
  return (what: string, verdict: Check['verdict'], message: string): Check => ({ part, what, verdict, message });
}
