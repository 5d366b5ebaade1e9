import { OperatorError } from '../operator-error.ts';

/** Mail templates cannot be used. The message lists every fault, with file, line and column where there is one. */
export class TemplateError extends OperatorError {
  override readonly name = 'TemplateError';
  readonly faults: readonly string[];

  /** @param faults one that is in a shared part comes up in many mails, and is told once. */
  constructor(faults: readonly string[]) {
    const different = [...new Set(faults)];
    super(`These mail templates cannot be used:\n${different.map((fault) => `  ${fault}`).join('\n')}`);
    this.faults = different;
  }
}
