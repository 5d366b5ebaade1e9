import { afterEach, beforeEach, vi } from 'vitest';
import { type TestServer, useServers, useStore } from '../server/support.ts';

const TOKEN = 'the-token-of-the-operator';

/** A server for each test, and in the environment what an operator needs to ask it. */
export function useOperator() {
  const stores = useStore();
  const createTestServer = useServers(stores);
  const operator = { stores, server: undefined as unknown as TestServer, url: '' };
  beforeEach(async () => {
    vi.stubEnv('OPERATOR_TOKEN', TOKEN);
    operator.server = createTestServer({ operatorToken: TOKEN });
    operator.url = await operator.server.app.listen({ host: '127.0.0.1', port: 0 });
  });
  afterEach(() => {
    vi.unstubAllEnvs();
    process.exitCode = undefined;
  });
  return operator;
}
