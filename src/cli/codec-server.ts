import { type Command, InvalidArgumentError } from 'commander';
import { createCipher } from '../cipher.ts';
import { loadConfig } from '../config.ts';
import { createLogger } from '../logger.ts';
import { isLoopback } from '../loopback.ts';
import { OperatorError } from '../operator-error.ts';
import { createCodecServer, loopbackOrigins } from '../server/codec-server.ts';
import { listen } from '../server/listen.ts';
import { untilStopped } from './until-stopped.ts';

/** Temporal's UI as the dev server and the compose file run it. */
const UI_PORTS = [8233, 8080];

interface CodecServerFlags {
  port: number;
  uiOrigin?: string[];
}

export function addCodecServer(program: Command): void {
  program
    .command('codec-server')
    .description("decrypts what Temporal's UI and command line show")
    .option('--port <number>', 'where it listens, on HOST', portOf, 8234)
    .option(
      '--ui-origin <origin...>',
      `where Temporal's UI is opened from (default: localhost, ports ${UI_PORTS.join(' and ')})`,
      originOf,
    )
    .action(runCodecServer);
}

async function runCodecServer({ port, uiOrigin }: CodecServerFlags): Promise<void> {
  const { encryptionKeys, logLevel, server } = loadConfig('codec');
  const { host, operatorToken: token } = server;
  if (token === undefined && !isLoopback(host)) {
    throw new OperatorError(
      `Set OPERATOR_TOKEN: others can reach ${host}, and the codec server shows names and addresses.`,
    );
  }
  const log = createLogger(logLevel, 'precall-codec-server');
  // loadConfig has seen to it that there are keys.
  const cipher = createCipher(encryptionKeys!);
  const app = createCodecServer({ cipher, token, uiOrigins: uiOrigin ?? UI_PORTS.flatMap(loopbackOrigins), log });

  await listen(app, { host, port });
  log.info({ signal: await untilStopped() }, 'stopping');
  await app.close();
}

function portOf(text: string): number {
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65_535) return Number(text);
  throw new InvalidArgumentError('expected a port number');
}

/** Browsers send an origin without a path, and its name in lower case. */
function originOf(text: string, before: string[] = []): string[] {
  if (/^https?:\/\//.test(text) && URL.canParse(text)) return [...before, new URL(text).origin];
  throw new InvalidArgumentError('expected an origin such as https://temporal.example.com');
}
