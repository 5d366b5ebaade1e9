import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';

/** A process that ends when we do, however we end. */
export interface GuardedProcess {
  readonly pid: number;
  /** Resolves when it has ended and everything it wrote was read. */
  readonly exited: Promise<ProcessExit>;
  /** Asks it to end, kills it after 3 s, and waits until it is gone. */
  stop(): Promise<void>;
}

export interface ProcessExit {
  /** 128 + n when signal n ended it, as shells count. */
  code: number;
  /** Whether {@link GuardedProcess.stop} was called. */
  expected: boolean;
  /** The end of what it wrote, oldest line first. */
  lastLines: readonly string[];
}

const KEPT_LINES = 60;

/**
 * Starts the command given as arguments, reports its pid on fd 3 and waits for it. Standard input is a pipe whose other
 * end only our own process holds: the kernel closes it even when that process is killed, and then the reader ends the
 * command. `read` is part of the shell, so no helper process outlives either of them.
 */
const GUARD = `
  exec 4<&0
  "$@" 3>&- 4<&- </dev/null &
  guarded=$!
  echo "$guarded" >&3
  exec 3>&-
  (
    read -r _ <&4
    kill -TERM "$guarded"
    tenths=0
    while [ $tenths -lt 30 ] && kill -0 "$guarded"; do sleep 0.1; tenths=$((tenths + 1)); done
    kill -KILL "$guarded"
  ) >/dev/null 2>&1 &
  reader=$!
  wait "$guarded"
  code=$?
  kill "$reader" 2>/dev/null
  wait "$reader" 2>/dev/null
  exit $code
`;

/**
 * Starts a process that a small POSIX shell watches over: it ends when `stop` is called or when our process ends, also
 * by SIGKILL. It has a process group of its own, so Ctrl-C in the terminal reaches us and not it.
 */
export async function startGuarded(
  command: string,
  args: readonly string[],
  onLine: (line: string) => void = () => {},
): Promise<GuardedProcess> {
  const guard = spawn('/bin/sh', ['-c', GUARD, 'guard', command, ...args], {
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
  });

  const lastLines: string[] = [];
  for (const stream of [guard.stdout, guard.stderr]) {
    createInterface({ input: stream }).on('line', (line) => {
      lastLines.push(line);
      if (lastLines.length > KEPT_LINES) lastLines.shift();
      onLine(line);
    });
  }

  let expected = false;
  const exited = new Promise<ProcessExit>((resolve, reject) => {
    guard.once('error', reject);
    guard.once('close', (code, signal) =>
      resolve({ code: code ?? (signal === 'SIGKILL' ? 137 : 143), expected, lastLines }),
    );
  });
  const pid = Number(await Promise.race([text(guard.stdio[3] as Readable), exited.then(() => '')]));

  return {
    pid,
    exited,
    async stop() {
      expected = true;
      guard.stdin.destroy();
      await exited;
    },
  };
}
