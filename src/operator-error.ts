/** Something only the operator can mend. The message says what is wrong and what to do, and needs no stack beside it. */
export class OperatorError extends Error {}
