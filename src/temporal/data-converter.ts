import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { DataConverter } from '@temporalio/common';
import type { Cipher } from '../cipher.ts';
import { createPayloadCodec } from './payload-codec.ts';

/** As the SDK and its bundler want it: `.ts` beside the source, `.js` in `dist`. */
export const FAILURE_CONVERTER_PATH = fileURLToPath(
  new URL(`./failure-converter${extname(import.meta.url)}`, import.meta.url),
);

/**
 * What a client or a worker needs so that Temporal holds nothing readable. The workflow bundle needs
 * {@link FAILURE_CONVERTER_PATH} as well; the codec runs outside of the sandbox.
 */
export function createDataConverter(cipher: Cipher): DataConverter {
  return { failureConverterPath: FAILURE_CONVERTER_PATH, payloadCodecs: [createPayloadCodec(cipher)] };
}
