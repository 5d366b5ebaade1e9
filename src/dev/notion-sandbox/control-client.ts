import { OPERATIONS, type OperationName, type SandboxControl } from './control.ts';

/** The sandbox's control from another process. */
export type RemoteControl = {
  [Name in OperationName]: (...given: Parameters<SandboxControl[Name]>) => Promise<ReturnType<SandboxControl[Name]>>;
};

/** Each operation rejects with an Error when it cannot be done, or the sandbox is not there. */
export function createControlClient({ url, secret }: { url: string; secret: string }): RemoteControl {
  const order =
    (operation: OperationName) =>
    async (...given: unknown[]) => {
      const response = await fetch(url, {
        method: 'POST',
        headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json' },
        body: JSON.stringify({ operation, arguments: given }, asSource),
      });
      const { result, error } = (await response.json()) as { result?: unknown; error?: string };
      if (error !== undefined) throw new Error(`The sandbox does not ${operation}: ${error}`);
      return result;
    };
  return Object.fromEntries(OPERATIONS.map((operation) => [operation, order(operation)])) as unknown as RemoteControl;
}

/** JSON has no regular expressions; the other side makes one of the text again. */
function asSource(_: string, value: unknown): unknown {
  return value instanceof RegExp ? value.source : value;
}
