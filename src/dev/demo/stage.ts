import { Client as NotionClient } from '@notionhq/client';
import { Client, type Connection } from '@temporalio/client';
import type { Config } from '../../config.ts';
import type { CalcomSandbox } from '../calcom-sandbox/sandbox.ts';
import type { Stack } from '../embedded-stack.ts';
import { createDoors, type Doors } from './doors.ts';

/** What an act plays on. */
export interface Stage {
  stack: Stack;
  config: Config;
  calcom: CalcomSandbox;
  connection: Connection;
  say: (line: string) => void;
}

export interface Person {
  name: string;
  email: string;
}

export function doorsFor({ email }: Person, { stack, connection }: Stage): Doors {
  return createDoors({
    catcherUrl: stack.catcher?.pageUrl,
    notion: stack.notion === 'off' ? undefined : notionDoor(stack.notion),
    temporal: new Client({
      connection,
      namespace: stack.temporal.namespace,
      dataConverter: stack.temporal.dataConverter,
    }),
    email,
  });
}

function notionDoor({ token, baseUrl, contactsDatabaseId }: Exclude<Stack['notion'], 'off'>) {
  return { client: new NotionClient({ auth: token, baseUrl, notionVersion: '2026-03-11' }), contactsDatabaseId };
}
