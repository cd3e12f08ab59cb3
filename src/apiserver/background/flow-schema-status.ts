// The condition Dangling of each flow schema: whether the priority level that it names is there. The leading server writes it
// whenever flow schemas or levels changed.
import { cloneJson, DANGLING, type FlowSchema, type ResourceDefinition } from '../../api/index.ts';
import { defined, messageOf, rfc3339 } from '../../lib/index.ts';
import type { ServerContext } from '../context.ts';
import { updateStep } from '../handlers/update.ts';
import { BOOTSTRAP_RETRY_MS } from '../limits.ts';
import { fromStored } from '../storage/codec.ts';
import { objectKey } from '../storage/keys.ts';
import { transact } from '../storage/transact.ts';
import { operationFor } from './ensure.ts';

type Condition = NonNullable<NonNullable<FlowSchema['status']>['conditions']>[number];

/** As the part of Kubernetes' server is called that looks at them. */
const CONSUMER = { manager: 'api-priority-and-fairness-config-consumer-v1', subresource: 'status' };

/** Runs until `signal` aborts. Never throws. */
export function startFlowSchemaStatus(server: ServerContext, signal: AbortSignal, leads: () => boolean): void {
  const { store, clock, logger } = server.options;
  let busy = false;
  let again = false;
  const run = (): void => {
    if (busy) {
      again = true;
      return;
    }
    if (signal.aborted || !leads()) return;
    busy = true;
    writeDangling(server, signal)
      .catch((error: unknown) => {
        if (signal.aborted) return;
        logger.warn({ error: messageOf(error) }, 'writing the status of flow schemas failed and will be tried again');
        clock.timer(BOOTSTRAP_RETRY_MS, run);
      })
      .finally(() => {
        busy = false;
        if (!again) return;
        again = false;
        run();
      });
  };
  const unsubscribe = [server.fairness.onChange(run), store.onStatusChange(run)];
  signal.addEventListener('abort', () => unsubscribe.forEach((stop) => void stop()), { once: true });
  run();
}

/** Writes what does not say the truth. Throws what the store throws. */
export async function writeDangling(server: ServerContext, signal: AbortSignal): Promise<void> {
  const { schemas, levels } = server.fairness.objects();
  const names = new Set(levels.map(({ metadata }) => metadata?.name));
  const wrong = schemas.filter((schema) => withDangling(schema, names.has(levelOf(schema)), '') !== undefined);
  await Promise.all(wrong.map((schema) => writeStatus(server, signal, schema.metadata?.name ?? '')));
}

async function writeStatus(server: ServerContext, signal: AbortSignal, name: string): Promise<void> {
  const { store, clock } = server.options;
  const schemas = definitionOf(server, 'flowschemas');
  const levels = definitionOf(server, 'prioritylevelconfigurations');
  const operation = operationFor(server, signal, schemas, { metadata: { name } }, CONSUMER);
  await transact({
    store,
    signal,
    fence: undefined,
    definition: schemas,
    name,
    decide(snapshot) {
      const stored = snapshot.get(objectKey(schemas, '', name));
      if (stored === undefined) return { kind: 'answer', value: undefined };
      const object = fromStored<FlowSchema>(stored);
      const exists = snapshot.get(objectKey(levels, '', levelOf(object))) !== undefined;
      const next = withDangling(object, exists, rfc3339(clock.now()));
      if (next === undefined) return { kind: 'answer', value: undefined };
      const step = updateStep(operation, next, { stored, object }, 'status', snapshot);
      return step.kind === 'answer' ? { kind: 'answer', value: undefined } : { ...step, done: () => undefined };
    },
  });
}

function definitionOf(server: ServerContext, plural: string): ResourceDefinition {
  return defined(server.options.registry.find('flowcontrol.apiserver.k8s.io', 'v1', plural), `the resource ${plural}`);
}

function levelOf({ spec }: FlowSchema): string {
  return spec?.priorityLevelConfiguration?.name ?? '';
}

/** The schema with the condition as it should be; undefined when it is. */
export function withDangling(schema: FlowSchema, levelExists: boolean, now: string): FlowSchema | undefined {
  const level = JSON.stringify(levelOf(schema));
  const subject = `This FlowSchema references the PriorityLevelConfiguration object named ${level}`;
  const wanted: Condition = {
    type: DANGLING,
    status: levelExists ? 'False' : 'True',
    lastTransitionTime: now,
    reason: levelExists ? 'Found' : 'NotFound',
    message: levelExists ? `${subject} and it exists` : `${subject} but there is no such object`,
  };
  const conditions = schema.status?.conditions ?? [];
  const saysSo = ({ type, status, message }: Condition): boolean =>
    type === DANGLING && status === wanted.status && message === wanted.message;
  if (conditions.some(saysSo)) return undefined;
  const next = cloneJson(schema);
  const others = conditions.filter(({ type }) => type !== DANGLING);
  next.status = { ...next.status, conditions: cloneJson([...others, wanted]) };
  return next;
}
