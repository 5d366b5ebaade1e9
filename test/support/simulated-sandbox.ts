import { randomUUID } from 'node:crypto';
import { TypedSearchAttributes } from '@temporalio/common';
import { msNumberToTs } from '@temporalio/common/lib/time.js';
import proto, { type coresdk } from '@temporalio/proto';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { parseWorkflowCode } from '@temporalio/worker/lib/worker.js';
import { ReusableVMWorkflowCreator } from '@temporalio/worker/lib/workflow/reusable-vm.js';
import { globalHandlers } from '@temporalio/worker/lib/workflow/vm-shared.js';

// Whatever of the SDK is not its public interface is used in this file alone.

export type Job = coresdk.workflow_activation.IWorkflowActivationJob;
export type Command = coresdk.workflow_commands.IWorkflowCommand;

/** One run of a workflow in the SDK's sandbox. It does nothing by itself. */
export interface SandboxedRun {
  /**
   * Tells it what has happened, by its clock at `now`, epoch milliseconds.
   *
   * @returns what it asks for in turn.
   * @throws {Error} when its code fails: a worker would try the same again for ever.
   */
  activate(now: number, jobs: Job[]): Promise<Command[]>;
  dispose(): Promise<void>;
}

/** The bundled workflows, as a worker loads them. */
export interface Sandbox {
  /** The run starts with the first job that it is given: see {@link startOf}. */
  create(run: { workflowId: string; workflowType: string; now: number }): Promise<SandboxedRun>;
  destroy(): Promise<void>;
}

const { WorkflowActivation } = proto.coresdk.workflow_activation;
const TASK_QUEUE = 'simulated';
const LONGEST_ACTIVATION_MS = 30_000;

/** Puts the workflows together, which takes seconds: once for each file of tests. */
export async function openSandbox(localActivities: readonly string[]): Promise<Sandbox> {
  const { code } = await bundleWorkflowCode({
    workflowsPath: new URL('../../src/workflows', import.meta.url).pathname,
    logger: new DefaultLogger('ERROR'),
  });
  // Its hooks collect a stack for every promise of the process, which takes more time than all the rest.
  globalHandlers.installed = true;
  const creator = await ReusableVMWorkflowCreator.create(
    parseWorkflowCode(code),
    LONGEST_ACTIVATION_MS,
    new Set(localActivities),
  );
  const open = new Set<SandboxedRun>();
  return {
    async create(run) {
      const created = await createRun(creator, run, () => open.delete(created));
      open.add(created);
      return created;
    },
    async destroy() {
      for (const run of open) await run.dispose();
      await creator.destroy();
    },
  };
}

/** The job that a run starts with. */
export function startOf(workflowId: string, workflowType: string, now: number, input: Payload): Job {
  return {
    initializeWorkflow: { workflowId, workflowType, arguments: [input], startTime: msNumberToTs(now), attempt: 1 },
  };
}

type Payload = NonNullable<coresdk.workflow_activation.IInitializeWorkflow['arguments']>[number];
type CreateOptions = Parameters<ReusableVMWorkflowCreator['createWorkflow']>[0];

async function createRun(
  creator: ReusableVMWorkflowCreator,
  { workflowId, workflowType, now }: { workflowId: string; workflowType: string; now: number },
  onDispose: () => void,
): Promise<SandboxedRun> {
  const runId = randomUUID();
  const startedAt = new Date(now);
  const info = {
    workflowId,
    runId,
    workflowType,
    searchAttributes: {},
    typedSearchAttributes: new TypedSearchAttributes(),
    taskQueue: TASK_QUEUE,
    namespace: 'default',
    firstExecutionRunId: runId,
    startTime: startedAt,
    runStartTime: startedAt,
    taskTimeoutMs: 10_000,
    attempt: 1,
    historyLength: 3,
    historySize: 0,
    continueAsNewSuggested: false,
    targetWorkerDeploymentVersionChanged: false,
    // What else belongs here is filled in by the sandbox.
    unsafe: { isReplaying: false, isReplayingHistoryEvents: false },
  } as unknown as CreateOptions['info'];
  const workflow = await creator.createWorkflow({ info, randomnessSeed: [1], now, showStackTraceSources: false });

  return {
    async activate(at, jobs) {
      const isQuery = jobs.some(({ queryWorkflow }) => queryWorkflow);
      const activation = WorkflowActivation.fromObject({
        runId,
        jobs,
        ...(!isQuery && { timestamp: msNumberToTs(at) }),
      });
      const { successful, failed } = await workflow.activate(activation);
      // What it has logged is collected until somebody takes it.
      await workflow.getAndResetSinkCalls();
      if (!successful) throw new Error(`${workflowId} has failed: ${failed?.failure?.message}`, { cause: failed });
      return successful.commands ?? [];
    },
    async dispose() {
      onDispose();
      await workflow.dispose();
    },
  };
}
