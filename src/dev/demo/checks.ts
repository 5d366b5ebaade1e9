/** Something that has to hold, and whether it does. */
export interface Check {
  claim: string;
  passed: boolean;
  /** What was seen, when that is more telling than the claim. */
  seen?: string;
}

export function tableOf(checks: readonly Check[]): string {
  return checks
    .map(({ claim, passed, seen }) => `  ${passed ? 'PASS' : 'FAIL'}  ${claim}${seen ? `: ${seen}` : ''}`)
    .join('\n');
}
