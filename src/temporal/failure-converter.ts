import { DefaultFailureConverter } from '@temporalio/common';

/**
 * Puts messages and stacks of failures into a payload, which the codec encrypts: an error may quote what it failed on.
 *
 * The SDK loads this file by its path, into the workflow sandbox and with `require`. Nothing in it may need compiling: Node
 * reads the source as it stands where no loader is installed.
 */
export const failureConverter = new DefaultFailureConverter({ encodeCommonAttributes: true });
