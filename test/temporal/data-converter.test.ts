import { ApplicationFailure, type ProtoFailure } from '@temporalio/common';
import {
  decodeOptionalFailureToOptionalError,
  encodeErrorToFailure,
  loadDataConverter,
} from '@temporalio/common/lib/internal-non-workflow/index.js';
import { describe, expect, it } from 'vitest';
import { createCipher } from '../../src/cipher.ts';
import { createDataConverter } from '../../src/temporal/data-converter.ts';
import { aKey } from '../support/a-key.ts';

describe('a failure', () => {
  // As clients and workers load it: by the path of the failure converter.
  const converter = loadDataConverter(createDataConverter(createCipher([aKey('one')])));

  function aFailure(): Error {
    const cause = new Error('550 no such mailbox: tobias.okafor@example.com');
    return ApplicationFailure.create({ message: 'Tobias Okafor got no mail', cause, details: [{ to: 'Tobias' }] });
  }

  it('shows nothing of its message, stack, details and cause', async () => {
    const failure = await encodeErrorToFailure(converter, aFailure());

    expect(everyText(failure)).not.toMatch(/Tobias|okafor|data-converter\.test/i);
    expect(failure.message).toBe('Encoded failure');
  });

  it('is read back by whoever has the key', async () => {
    const failure = await encodeErrorToFailure(converter, aFailure());

    const error = await decodeOptionalFailureToOptionalError(converter, failure);

    expect(error).toMatchObject({
      message: 'Tobias Okafor got no mail',
      details: [{ to: 'Tobias' }],
      cause: { message: '550 no such mailbox: tobias.okafor@example.com' },
    });
  });
});

/** Every text and all bytes in it, as they would lie on a disk. */
function everyText(failure: ProtoFailure): string {
  return JSON.stringify(failure, (_key, value) => {
    const bytes = value?.type === 'Buffer' ? value.data : value instanceof Uint8Array ? value : undefined;
    return bytes ? Buffer.from(bytes).toString('latin1') : value;
  });
}
