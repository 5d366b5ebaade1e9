import { CASES, type Finding, type Subject } from './cases.ts';
import { cleanUp } from './clean-up.ts';

/**
 * Tries the five cases on a running server, one after another, and tells of each what came out.
 *
 * Afterwards what they booked is cancelled, and the member's row says again what it said, if Notion was given.
 *
 * @returns whether none failed.
 * @throws {OperatorError} when the server cannot be tried at all.
 */
export async function runScenarios(subject: Subject, say: (line: string) => void): Promise<boolean> {
  const outcomes: Finding[][] = [];
  try {
    for (const { name, run } of CASES) {
      const findings = await run(subject);
      outcomes.push(findings);
      for (const line of linesOf(name, findings)) say(line);
    }
  } finally {
    for (const line of await cleanUp(subject)) say(line);
  }

  const passed = outcomes.filter(hasPassed).length;
  const unchecked = outcomes.flat().filter(({ verdict }) => verdict === 'not checked').length;
  say(`\n${passed} of ${outcomes.length} cases passed${unchecked > 0 ? `, ${unchecked} things not checked` : ''}.`);
  return passed === outcomes.length;
}

function hasPassed(findings: readonly Finding[]): boolean {
  return findings.every(({ verdict }) => verdict !== 'failed');
}

function linesOf(name: string, findings: readonly Finding[]): string[] {
  const texts = (...verdicts: Finding['verdict'][]) =>
    findings.filter(({ verdict }) => verdicts.includes(verdict)).map(({ text }) => text);
  const passed = hasPassed(findings);
  return [
    `${passed ? 'PASS' : 'FAIL'}  ${name}: ${texts(...(passed ? (['passed'] as const) : (['failed'] as const))).join('; ')}`,
    ...texts('not checked').map((text) => `      not checked: ${text}`),
  ];
}
