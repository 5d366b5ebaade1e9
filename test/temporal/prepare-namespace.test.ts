import type { Connection } from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time.js';
import { type Logger, pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { prepareNamespace, searchAttributes } from '../../src/temporal/prepare-namespace.ts';

const KEYWORD = 2;
const DATETIME = 6;
const REGISTERED = { PrecallStatus: KEYWORD, PrecallStartsAt: DATETIME, PrecallCampaign: KEYWORD };

const PERMISSION_DENIED = 7;
const UNAVAILABLE = 14;

describe('a namespace', () => {
  it('gets the search attributes it lacks, and 30 days of retention', async () => {
    const temporal = aTemporal({ retentionHours: 24 });

    expect(await prepareNamespace(temporal.connection, 'default', temporal.log)).toEqual({ searchAttributes: true });
    expect(temporal.requests).toEqual([
      {
        updateNamespace: {
          namespace: 'default',
          config: { workflowExecutionRetentionTtl: msToTs('30 days') },
        },
      },
      { addSearchAttributes: { namespace: 'default', searchAttributes: REGISTERED } },
    ]);
    expect(temporal.warnings()).toEqual([]);
  });

  it('is left alone when it has all that, or more', async () => {
    const temporal = aTemporal({ retentionHours: 90 * 24, registered: { ...REGISTERED, CustomerId: KEYWORD } });

    expect(await prepareNamespace(temporal.connection, 'default', temporal.log)).toEqual({ searchAttributes: true });
    expect(temporal.requests).toEqual([]);
  });

  it('is used without search attributes where registering them is not permitted, and says what to do', async () => {
    const temporal = aTemporal({ retentionHours: 24, refusal: PERMISSION_DENIED });

    expect(await prepareNamespace(temporal.connection, 'default', temporal.log)).toEqual({ searchAttributes: false });
    expect(temporal.warnings()).toEqual([
      expect.stringContaining('set the namespace’s retention'),
      expect.stringContaining('register PrecallStatus, PrecallStartsAt, PrecallCampaign by hand'),
    ]);
  });

  it('is not taken for one without search attributes while Temporal cannot be reached', async () => {
    const temporal = aTemporal({ retentionHours: 24, refusal: UNAVAILABLE });

    await expect(prepareNamespace(temporal.connection, 'default', temporal.log)).rejects.toMatchObject({
      code: UNAVAILABLE,
    });
  });
});

describe('our search attributes', () => {
  it('are the ones that runs write', () => {
    expect(searchAttributes.toSorted((a, b) => a.name.localeCompare(b.name))).toEqual([
      { name: 'PrecallCampaign', type: 'KEYWORD' },
      { name: 'PrecallStartsAt', type: 'DATETIME' },
      { name: 'PrecallStatus', type: 'KEYWORD' },
    ]);
  });
});

interface ATemporal {
  connection: Connection;
  log: Logger;
  requests: Record<string, unknown>[];
  warnings(): string[];
}

/** A Temporal that refuses as no local server can be made to. */
function aTemporal(state: {
  retentionHours: number;
  registered?: Record<string, number>;
  refusal?: number;
}): ATemporal {
  const requests: Record<string, unknown>[] = [];
  const lines: string[] = [];
  const change = (name: string) => async (request: unknown) => {
    if (state.refusal) throw Object.assign(new Error('refused'), { code: state.refusal });
    requests.push({ [name]: request });
  };
  const connection = {
    workflowService: {
      describeNamespace: async () => ({
        config: { workflowExecutionRetentionTtl: msToTs(`${state.retentionHours} hours`) },
      }),
      updateNamespace: change('updateNamespace'),
    },
    operatorService: {
      listSearchAttributes: async () => ({ customAttributes: state.registered ?? {} }),
      addSearchAttributes: change('addSearchAttributes'),
    },
  };
  return {
    connection: connection as unknown as Connection,
    log: pino({ level: 'warn' }, { write: (line: string) => void lines.push(line) }),
    requests,
    warnings: () => lines.map((line) => (JSON.parse(line) as { msg: string }).msg),
  };
}
