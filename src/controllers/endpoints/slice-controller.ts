// The EndpointSlice controller. A deleted Service takes its slices along: they name it as their owner.
import type { EndpointSlice, Served } from '../../api/index.ts';
import { ENDPOINT_SLICES, nameOf, nameOfKey, type ObjectKey, type ReconcileResult } from '../../client/index.ts';
import { unreachable } from '../../lib/index.ts';
import { BY_SERVICE } from '../caches.ts';
import type { ControllerContext, Loop } from '../context.ts';
import { CONTROLLER_WORKERS } from '../limits.ts';
import { unlessGone } from '../shared/claim.ts';
import { familiesOf, hasEndpoints } from './candidates.ts';
import { watchServices } from './handlers.ts';
import { findCandidates } from './lookup.ts';
import { MANAGED_BY, MANAGER, planSlices, SERVICE_NAME, type SliceAction } from './slice-plan.ts';

export function startEndpointSliceController(context: ControllerContext): readonly Loop[] {
  const { caches, signal } = context;
  const queue = context.newQueue();
  watchServices(context, queue);
  const concerned = (slice: Served<EndpointSlice>): void => {
    const service = slice.metadata.labels?.[SERVICE_NAME];
    if (service !== undefined && isManaged(slice)) queue.add(`${nameOf(slice).namespace}/${service}`);
  };
  // Somebody else's change of our slice is undone.
  caches.endpointSlices.addHandlers({ updated: concerned, deleted: concerned }, signal);
  return [{ name: 'endpointslice', workers: CONTROLLER_WORKERS, queue, reconcile: (key) => reconcile(context, key) }];
}

function isManaged(slice: EndpointSlice): boolean {
  return slice.metadata?.labels?.[MANAGED_BY] === MANAGER;
}

async function reconcile(context: ControllerContext, key: ObjectKey): Promise<ReconcileResult | undefined> {
  const { caches } = context;
  const service = caches.services.lister.get(nameOfKey(key));
  if (service === undefined || service.metadata.deletionTimestamp !== undefined) return undefined;
  const slices = caches.endpointSlices.lister.byIndex(BY_SERVICE, key).filter(isManaged);
  if (!hasEndpoints(service)) return undefined;
  const candidates = new Map(familiesOf(service).map((family) => [family, findCandidates(context, service, family)]));
  for (const action of planSlices({ service, slices, candidates })) await execute(context, action);
  return undefined;
}

async function execute({ client }: ControllerContext, action: SliceAction): Promise<void> {
  switch (action.kind) {
    case 'create':
      // AlreadyExists means that the cache lags: the key is retried when it has caught up.
      await client.create(ENDPOINT_SLICES, action.slice);
      return;
    case 'update':
      await client.update(ENDPOINT_SLICES, action.slice);
      return;
    case 'delete': {
      const { uid, resourceVersion } = action.slice.metadata;
      await unlessGone(client.delete(ENDPOINT_SLICES, nameOf(action.slice), { uid, resourceVersion }));
      return;
    }
    default:
      unreachable(action);
  }
}
