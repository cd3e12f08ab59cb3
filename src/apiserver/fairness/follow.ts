// The flow schemas and priority levels as this server has applied them, followed in its own store: a change takes effect on each
// server with the command that makes it.
import type { FlowControlObjects, FlowSchema, PriorityLevelConfiguration } from '../../api/index.ts';
import { type KeyRange, type ObjectStore, resourceRange, type Watch } from '../../store/index.ts';
import { fromStored } from '../storage/codec.ts';

export const FLOW_SCHEMAS_RANGE = resourceRange('flowschemas.flowcontrol.apiserver.k8s.io');
export const PRIORITY_LEVELS_RANGE = resourceRange('prioritylevelconfigurations.flowcontrol.apiserver.k8s.io');

export interface FollowedObjects {
  /** As of now; none while this server does not know the state of the cluster. */
  read(): FlowControlObjects;
  close(): void;
}

/** Calls `changed` whenever read() may answer something else. */
export function followFlowObjects(store: ObjectStore, changed: () => void): FollowedObjects {
  const watches = new Set<Watch>();
  let closed = false;
  let open = false;
  const end = (): void => {
    open = false;
    for (const watch of watches) watch.close();
    watches.clear();
  };
  const begin = (): void => {
    // Before it is ready a server may still take over the state that it finds or is sent, and its watches with it.
    if (open || closed || !store.status().ready) return;
    open = true;
    const from = store.snapshot().revision;
    const ended = (): void => {
      if (!open) return;
      end();
      queueMicrotask(begin);
    };
    for (const range of [FLOW_SCHEMAS_RANGE, PRIORITY_LEVELS_RANGE])
      watches.add(store.watch({ range, from }, { events: changed, ended }));
    changed();
  };
  const unsubscribe = store.onStatusChange(begin);
  begin();
  return {
    read() {
      if (!open) return { schemas: [], levels: [] };
      return {
        schemas: objectsIn<FlowSchema>(store, FLOW_SCHEMAS_RANGE),
        levels: objectsIn<PriorityLevelConfiguration>(store, PRIORITY_LEVELS_RANGE),
      };
    },
    close() {
      closed = true;
      unsubscribe();
      end();
    },
  };
}

function objectsIn<T extends FlowSchema | PriorityLevelConfiguration>(
  store: ObjectStore,
  range: KeyRange,
): readonly T[] {
  return [...store.snapshot().scan(range)].map((stored) => fromStored<T>(stored));
}
