// Follows Docker's events about our containers, so that nothing polls. A stream that breaks is opened again, and then
// everything counts as changed: what happened in between is not known.
import type { Readable } from 'node:stream';
import type Docker from 'dockerode';
import { type Clock, type Logger, messageOf, sleep } from '../../../lib/index.ts';
import { RUNTIME_EVENTS_RETRY_MS } from '../../limits.ts';
import { type Owner, ownerFilter, POD_UID_LABEL } from './labels.ts';
import { jsonLines } from './streams.ts';

const ACTIONS = ['create', 'start', 'die', 'oom', 'destroy'];

/** Calls `changed` with the uid of each pod that something happened to, until `signal` aborts. */
export async function followEvents(
  docker: Docker,
  owner: Owner,
  clock: Clock,
  logger: Logger,
  signal: AbortSignal,
  changed: (podUid: string | undefined) => void,
): Promise<void> {
  const filters = { type: ['container' as const], event: ACTIONS, label: ownerFilter(owner) };
  while (!signal.aborted) {
    try {
      const stream = (await docker.getEvents({ filters })) as Readable;
      const stop = (): void => void stream.destroy();
      signal.addEventListener('abort', stop, { once: true });
      if (signal.aborted) stop();
      changed(undefined);
      try {
        for await (const event of jsonLines(stream)) changed(podUidOf(event));
      } finally {
        signal.removeEventListener('abort', stop);
        stream.destroy();
      }
    } catch (error) {
      if (!signal.aborted) logger.warn({ error: messageOf(error) }, "Docker's event stream broke; it is opened again");
    }
    await sleep(clock, RUNTIME_EVENTS_RETRY_MS, signal);
  }
}

function podUidOf(event: unknown): string | undefined {
  const attributes = (event as { Actor?: { Attributes?: Record<string, string> } }).Actor?.Attributes;
  return attributes?.[POD_UID_LABEL];
}
