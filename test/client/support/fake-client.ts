// An ApiClient straight on a FakeCluster, without sockets: for tests of what is built on the client.
import type { KubeObject, Served } from '../../../src/api/index.ts';
import {
  type ApiClient,
  apiVersionOf,
  type Fence,
  NotLeaderError,
  type ResourceRef,
} from '../../../src/client/index.ts';
import { type FakeCluster, type Scope, statusOf } from './fake-cluster.ts';

export interface FakeClientOptions {
  /** Called before each request with `verb resource`; what it throws is what the request fails with. */
  readonly before?: (call: string) => void | Promise<void>;
  /** Called when the request was acted on: what it throws is an answer that was lost. */
  readonly after?: (call: string) => void | Promise<void>;
}

const LEASES = 'leases.coordination.k8s.io';

export function fakeClient(cluster: FakeCluster, options: FakeClientOptions = {}): ApiClient {
  const build = (fence: (() => Fence | undefined) | undefined): ApiClient => {
    const proof = (): string | undefined => {
      if (fence === undefined) return undefined;
      const held = fence();
      if (held === undefined) throw new NotLeaderError('this process does not lead');
      return `${held.lease}=${held.token}`;
    };
    const answer = async <T>(
      verb: string,
      ref: ResourceRef<KubeObject>,
      rest: { onFence?: (fence: Fence) => void; signal?: AbortSignal } | undefined,
      act: () => KubeObject,
    ): Promise<T> => {
      rest?.signal?.throwIfAborted();
      await options.before?.(`${verb} ${ref.plural}`);
      await Promise.resolve();
      const object = act();
      await options.after?.(`${verb} ${ref.plural}`);
      const lease = `${object.metadata?.namespace}/${object.metadata?.name}`;
      const token = cluster.fenceOf(lease);
      if (resourceOf(ref) === LEASES && token !== undefined) rest?.onFence?.({ lease, token });
      return object as T;
    };
    return {
      get: (ref, name, rest) => answer('get', ref, rest, () => cluster.get(resourceOf(ref), name.namespace, name.name)),
      async list(ref, selection = {}) {
        await options.before?.(`list ${ref.plural}`);
        const items = cluster.list({ ...selection, resource: resourceOf(ref), namespace: selection.namespace ?? '' });
        return { items: items as never, resourceVersion: String(cluster.revision), continue: undefined };
      },
      create: (ref, object, rest) =>
        answer('create', ref, rest, () =>
          cluster.create(resourceOf(ref), { apiVersion: apiVersionOf(ref), kind: ref.kind, ...object }, proof()),
        ),
      update: (ref, object, rest) =>
        answer('update', ref, rest, () => cluster.update(resourceOf(ref), object, proof())),
      patch: (ref, name, _type, patch, rest) =>
        answer('patch', ref, rest, () => cluster.patch(resourceOf(ref), name.namespace, name.name, patch, proof())),
      async delete(ref, name, rest) {
        await answer('delete', ref, rest, () =>
          cluster.remove(resourceOf(ref), name.namespace, name.name, rest?.uid, proof()),
        );
      },
      createSubresource: (ref, name, subresource, body, rest) =>
        answer(`create ${subresource} of`, ref, rest, () => {
          const { target } = body as { target?: { name?: string } };
          cluster.bind(name.namespace, name.name, target?.name ?? '', proof());
          return {};
        }),
      watch(ref, selection, { resourceVersion, sendInitialEvents, signal }, sink) {
        const scope: Scope = { ...selection, resource: resourceOf(ref), namespace: selection.namespace ?? '' };
        let open = true;
        let stop = (): void => undefined;
        const close = (): void => {
          open = false;
          stop();
        };
        const later = (act: () => void): void => queueMicrotask(() => void (open && act()));
        if (sendInitialEvents) {
          for (const event of cluster.initialEvents(scope)) later(() => sink.event(event as never));
        }
        const from = sendInitialEvents ? cluster.revision : Number(resourceVersion ?? cluster.revision);
        try {
          stop = cluster.follow(scope, from, (event) => later(() => sink.event(event as never)));
        } catch (error) {
          later(() => sink.event({ type: 'ERROR', object: statusOf(error) }));
        }
        signal?.addEventListener('abort', close, { once: true });
        return { close };
      },
      fenced: (own) => build(own),
      raw: () => Promise.resolve({ status: 200, body: 'ok' }),
      useEndpoints: () => undefined,
      close: () => Promise.resolve(),
    };
  };
  return build(undefined);
}

function resourceOf(ref: ResourceRef<KubeObject>): string {
  return ref.group === '' ? ref.plural : `${ref.plural}.${ref.group}`;
}

/** The object as a served one of some type: for tables of inputs. */
export function served<T extends KubeObject>(object: T): Served<T> {
  return object as Served<T>;
}
