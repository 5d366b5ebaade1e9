import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { Payload, PayloadCodec } from '@temporalio/common';
import proto from '@temporalio/proto';
import type { Cipher } from '../cipher.ts';

const { Payload: Serialized } = proto.temporal.api.common.v1;

/** Temporal's tools and samples mark encrypted payloads so. */
const ENCRYPTED = Buffer.from('binary/encrypted');
const PLAIN = Buffer.from([0]);
const DEFLATED = Buffer.from([1]);

/**
 * Encrypts what Temporal keeps: inputs, results, signals, queries, summaries and failures.
 *
 * A payload is serialized whole, so that its own metadata is encrypted too, and deflated where that makes it smaller. The
 * first byte of what is encrypted says which. A payload without the mark was written before there was encryption, and stays
 * as it is.
 *
 * `decode` rejects with {@link UnknownKey} when a key is missing. In a worker that fails the workflow task, not the workflow,
 * and Temporal repeats it until the key is back.
 */
export function createPayloadCodec(cipher: Cipher): PayloadCodec {
  const metadata = { encoding: ENCRYPTED, 'encryption-key-id': Buffer.from(cipher.keyId) };
  return {
    encode: async (payloads) =>
      payloads.map((payload) => ({
        metadata,
        data: cipher.encrypt(pack(Serialized.encode(payload).finish())),
      })),

    decode: async (payloads) =>
      payloads.map((payload) =>
        isEncrypted(payload) ? Serialized.decode(unpack(cipher.decrypt(payload.data ?? Buffer.alloc(0)))) : payload,
      ),
  };
}

function isEncrypted({ metadata }: Payload): boolean {
  const encoding = metadata?.['encoding'];
  return encoding !== undefined && ENCRYPTED.equals(encoding);
}

function pack(bytes: Uint8Array): Buffer {
  const deflated = deflateRawSync(bytes);
  return deflated.length < bytes.length ? Buffer.concat([DEFLATED, deflated]) : Buffer.concat([PLAIN, bytes]);
}

function unpack(packed: Buffer): Buffer {
  const bytes = packed.subarray(1);
  return packed[0] === DEFLATED[0] ? inflateRawSync(bytes) : bytes;
}
