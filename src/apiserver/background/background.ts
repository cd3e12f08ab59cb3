// The work that a server does besides answering: the objects that no cluster is without (made again when somebody
// deletes them: `kubectl delete all --all` takes the API's own service along), the endpoints of that service, the expiry of
// Events, the repair of service addresses. Only the server that leads does it; all of it is conditional, so that two that believe
// to lead do no harm. Each server by itself says where it is reached.
import { equalJson } from '../../api/index.ts';
import { every, messageOf, onBeat } from '../../lib/index.ts';
import type { ServerContext } from '../context.ts';
import { ADDRESS_REPAIR_PERIOD_MS, BOOTSTRAP_KEEP_MS, BOOTSTRAP_RETRY_MS, EVENT_SWEEP_PERIOD_MS } from '../limits.ts';
import { repairServiceAddresses } from './address-repair.ts';
import { livingServers, publishApiEndpoints, registerServer, type ServerEndpoint } from './api-endpoints.ts';
import { bootstrap } from './bootstrap.ts';
import { sweepEvents } from './event-expiry.ts';
import { startFlowSchemaStatus } from './flow-schema-status.ts';

/** Runs until `signal` aborts. Never throws. */
export function startBackground(server: ServerContext, signal: AbortSignal): void {
  const { store, clock } = server.options;
  const asLeader = oneAtATime(server, signal, leads);
  const asAnyone = oneAtATime(server, signal, isReady);
  let bootstrapped = false;
  let published: readonly ServerEndpoint[] = [];
  const keep = (): void =>
    asLeader('creating the first objects of the cluster', async () => {
      const living = livingServers(server);
      await bootstrap(server, signal);
      bootstrapped = true;
      published = living;
    });
  /** Costs a look into memory while nothing has changed. */
  const look = (): void => {
    asAnyone('saying where this server is reached', () => registerServer(server, signal));
    // Another leader publishes what it sees.
    if (!leads(server)) published = [];
    else if (!bootstrapped) keep();
    else if (!equalJson(livingServers(server), published))
      asLeader('publishing where the servers are reached', async () => {
        const living = livingServers(server);
        await publishApiEndpoints(server, signal);
        published = living;
      });
  };
  const unsubscribe = store.onStatusChange(look);
  const timers = [
    onBeat(clock, BOOTSTRAP_RETRY_MS, look),
    every(clock, BOOTSTRAP_KEEP_MS, keep),
    every(clock, EVENT_SWEEP_PERIOD_MS, () => asLeader('expiring events', () => sweepEvents(server, signal))),
    every(clock, ADDRESS_REPAIR_PERIOD_MS, () =>
      asLeader('repairing the addresses of services', () => repairServiceAddresses(server, signal)),
    ),
  ];
  const end = (): void => {
    unsubscribe();
    for (const timer of timers) timer.cancel();
  };
  signal.addEventListener('abort', end, { once: true });
  startFlowSchemaStatus(server, signal, () => leads(server));
  look();
}

/** Begins work while none of it is under way, and tells of failures; whoever calls will call again. */
function oneAtATime(
  server: ServerContext,
  signal: AbortSignal,
  may: (server: ServerContext) => boolean,
): (what: string, work: () => Promise<void>) => void {
  const { logger } = server.options;
  let busy = false;
  return (what, work) => {
    if (busy || signal.aborted || !may(server)) return;
    busy = true;
    work()
      .catch((error: unknown) => {
        if (!signal.aborted) logger.warn({ error: messageOf(error) }, `${what} failed and will be tried again`);
      })
      .finally(() => {
        busy = false;
      });
  };
}

function isReady(server: ServerContext): boolean {
  return server.options.store.status().ready;
}

function leads(server: ServerContext): boolean {
  const { ready, role } = server.options.store.status();
  return ready && role === 'leader';
}
