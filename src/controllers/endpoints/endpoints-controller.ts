// The controller of legacy Endpoints objects. They have no owner: a Service's end is seen here.
import type { Endpoints, Served } from '../../api/index.ts';
import { ENDPOINTS, keyOf, nameOf, nameOfKey, type ObjectKey, type ReconcileResult } from '../../client/index.ts';
import { unreachable } from '../../lib/index.ts';
import type { ControllerContext, Loop } from '../context.ts';
import { CONTROLLER_WORKERS } from '../limits.ts';
import { unlessGone } from '../shared/claim.ts';
import { familiesOf, hasEndpoints } from './candidates.ts';
import { ENDPOINTS_MANAGED_BY, planEndpoints } from './endpoints-plan.ts';
import { watchServices } from './handlers.ts';
import { findCandidates } from './lookup.ts';

export function startEndpointsController(context: ControllerContext): readonly Loop[] {
  const { caches, signal } = context;
  const queue = context.newQueue();
  watchServices(context, queue);
  const concerned = (endpoints: Served<Endpoints>): void => queue.add(keyOf(endpoints));
  caches.endpoints.addHandlers({ added: concerned, updated: concerned, deleted: concerned }, signal);
  return [{ name: 'endpoints', workers: CONTROLLER_WORKERS, queue, reconcile: (key) => reconcile(context, key) }];
}

async function reconcile(context: ControllerContext, key: ObjectKey): Promise<ReconcileResult | undefined> {
  const { caches, client } = context;
  const name = nameOfKey(key);
  const service = caches.services.lister.get(name);
  const current = caches.endpoints.lister.get(name);
  if (service === undefined) {
    if (current?.metadata.labels?.[ENDPOINTS_MANAGED_BY] === undefined) return undefined;
    const { uid, resourceVersion } = current.metadata;
    await unlessGone(client.delete(ENDPOINTS, nameOf(current), { uid, resourceVersion }));
    return undefined;
  }
  if (!hasEndpoints(service) || service.metadata.deletionTimestamp !== undefined) return undefined;
  const [family = 'IPv4'] = familiesOf(service);
  const action = planEndpoints(service, current, findCandidates(context, service, family));
  switch (action.kind) {
    case 'nothing':
      return undefined;
    case 'create':
      await client.create(ENDPOINTS, action.endpoints);
      return undefined;
    case 'update':
      await client.update(ENDPOINTS, action.endpoints);
      return undefined;
    default:
      return unreachable(action);
  }
}
