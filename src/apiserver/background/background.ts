// The work that a server does besides answering: the objects that no cluster is without (made again when somebody
// deletes them: `kubectl delete all --all` takes the API's own service along), and the expiry of Events. Only the
// server that leads does it; all of it is conditional, so that two that believe to lead do no harm.
import { every, messageOf } from '../../lib/index.ts';
import type { ServerContext } from '../context.ts';
import { BOOTSTRAP_KEEP_MS, BOOTSTRAP_RETRY_MS, EVENT_SWEEP_PERIOD_MS } from '../limits.ts';
import { bootstrap } from './bootstrap.ts';
import { sweepEvents } from './event-expiry.ts';
import { startFlowSchemaStatus } from './flow-schema-status.ts';

/** Runs until `signal` aborts. Never throws. */
export function startBackground(server: ServerContext, signal: AbortSignal): void {
  const { store, clock, logger } = server.options;
  let bootstrapped = false;
  let busy = false;
  const guarded = (what: string, work: () => Promise<void>): void => {
    if (busy || signal.aborted || !leads(server)) return;
    busy = true;
    work()
      .catch((error: unknown) => {
        if (!signal.aborted) logger.warn({ error: messageOf(error) }, `${what} failed and will be tried again`);
      })
      .finally(() => {
        busy = false;
      });
  };
  const begin = (): void => {
    if (!bootstrapped) keep();
  };
  const keep = (): void =>
    guarded('creating the first objects of the cluster', async () => {
      await bootstrap(server, signal);
      bootstrapped = true;
    });
  const unsubscribe = store.onStatusChange(begin);
  const retry = every(clock, BOOTSTRAP_RETRY_MS, begin);
  const keeper = every(clock, BOOTSTRAP_KEEP_MS, keep);
  const sweep = every(clock, EVENT_SWEEP_PERIOD_MS, () =>
    guarded('expiring events', () => sweepEvents(server, signal)),
  );
  signal.addEventListener(
    'abort',
    () => {
      unsubscribe();
      retry.cancel();
      keeper.cancel();
      sweep.cancel();
    },
    { once: true },
  );
  startFlowSchemaStatus(server, signal, () => leads(server));
  begin();
}

function leads(server: ServerContext): boolean {
  const { ready, role } = server.options.store.status();
  return ready && role === 'leader';
}
