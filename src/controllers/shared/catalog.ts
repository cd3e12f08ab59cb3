// Which resources the servers serve, by discovery. Garbage collection and namespace deletion work on all of them, also on
// those that custom definitions add later. A group that fails to answer is reported, never taken for empty.
import type { KubeObject } from '../../api/index.ts';
import type { ApiClient, ResourceRef } from '../../client/index.ts';
import { type Clock, type Logger, messageOf, sleep } from '../../lib/index.ts';
import { DISCOVERY_PERIOD_MS, DISCOVERY_RETRY_MS } from '../limits.ts';

/** A resource with what may be done with it. */
export interface CatalogEntry {
  readonly ref: ResourceRef<KubeObject>;
  readonly verbs: readonly string[];
}

export interface Discovered {
  /** One entry per resource, at the version its group prefers; all versions are in `kinds`. */
  readonly entries: readonly CatalogEntry[];
  /** `apiVersion/kind` → the resource, for every served version. */
  readonly kinds: ReadonlyMap<string, ResourceRef<KubeObject>>;
  /** Group versions that did not answer. */
  readonly failures: readonly string[];
}

export interface Catalog {
  current(): Discovered;
  /** The resource of an object's apiVersion and kind; undefined when it is not served (any more, or yet). */
  refOf(apiVersion: string, kind: string): ResourceRef<KubeObject> | undefined;
  /** Asks the servers now; `signal` gives the question up. */
  refresh(signal?: AbortSignal): Promise<Discovered>;
  /** Called after each discovery, and at once with the current one. */
  subscribe(handler: (discovered: Discovered) => void, signal: AbortSignal): void;
  /** Resolves after the first successful discovery; then repeats it until `signal` aborts. */
  start(signal: AbortSignal): Promise<void>;
}

interface GroupVersions {
  readonly group: string;
  readonly versions: readonly string[];
}

interface ApiResource {
  readonly name: string;
  readonly kind: string;
  readonly namespaced: boolean;
  readonly verbs: readonly string[];
}

const NOTHING: Discovered = { entries: [], kinds: new Map(), failures: [] };

export function createCatalog(options: { client: ApiClient; clock: Clock; logger: Logger }): Catalog {
  const { client, clock, logger } = options;
  const subscribers = new Set<(discovered: Discovered) => void>();
  let current = NOTHING;
  const refresh = async (signal?: AbortSignal): Promise<Discovered> => {
    current = await discover(client, signal);
    for (const handler of subscribers) handler(current);
    return current;
  };
  const attempt = async (signal: AbortSignal): Promise<boolean> => {
    try {
      await refresh(signal);
      return true;
    } catch (error) {
      if (!signal.aborted)
        logger.warn({ error: messageOf(error) }, 'discovery of the served resources failed and will be repeated');
      return false;
    }
  };
  const repeat = async (signal: AbortSignal): Promise<void> => {
    for (;;) {
      await sleep(clock, DISCOVERY_PERIOD_MS, signal);
      if (signal.aborted) return;
      await attempt(signal);
    }
  };
  return {
    current: () => current,
    refOf: (apiVersion, kind) => current.kinds.get(`${apiVersion}/${kind}`),
    refresh,
    subscribe(handler, signal) {
      subscribers.add(handler);
      signal.addEventListener('abort', () => subscribers.delete(handler), { once: true });
      handler(current);
    },
    async start(signal) {
      for (let waitMs = DISCOVERY_RETRY_MS; !signal.aborted; waitMs = Math.min(waitMs * 2, DISCOVERY_PERIOD_MS)) {
        if (await attempt(signal)) break;
        await sleep(clock, waitMs, signal);
      }
      void repeat(signal);
    },
  };
}

/** Reads the whole of discovery. Throws when the list of groups itself does not come. */
async function discover(client: ApiClient, signal: AbortSignal | undefined): Promise<Discovered> {
  const entries: CatalogEntry[] = [];
  const kinds = new Map<string, ResourceRef<KubeObject>>();
  const failures: string[] = [];
  const seen = new Set<string>();
  for (const { group, versions } of await groupVersions(client, signal)) {
    for (const version of versions) {
      const groupVersion = group === '' ? version : `${group}/${version}`;
      const resources = await resourcesOf(client, group, version, signal);
      if (resources === undefined) failures.push(groupVersion);
      for (const { name, kind, namespaced, verbs } of resources ?? []) {
        if (name.includes('/')) continue;
        const ref = { group, version, plural: name, kind, namespaced };
        if (!kinds.has(`${groupVersion}/${kind}`)) kinds.set(`${groupVersion}/${kind}`, ref);
        if (seen.has(`${group}/${name}`)) continue;
        seen.add(`${group}/${name}`);
        entries.push({ ref, verbs });
      }
    }
  }
  return { entries, kinds, failures };
}

async function groupVersions(client: ApiClient, signal: AbortSignal | undefined): Promise<readonly GroupVersions[]> {
  const core = (await answer(client, '/api', signal)) as { versions?: string[] };
  const named = (await answer(client, '/apis', signal)) as {
    groups?: { name: string; versions: { version: string }[]; preferredVersion?: { version: string } }[];
  };
  const groups = (named.groups ?? []).map(({ name, versions, preferredVersion }) => {
    const preferred = preferredVersion === undefined ? [] : [preferredVersion.version];
    return { group: name, versions: [...new Set([...preferred, ...versions.map(({ version }) => version)])] };
  });
  return [{ group: '', versions: core.versions ?? [] }, ...groups];
}

async function resourcesOf(
  client: ApiClient,
  group: string,
  version: string,
  signal: AbortSignal | undefined,
): Promise<readonly ApiResource[] | undefined> {
  try {
    const list = await answer(client, group === '' ? `/api/${version}` : `/apis/${group}/${version}`, signal);
    return (list as { resources?: ApiResource[] }).resources ?? [];
  } catch {
    signal?.throwIfAborted();
    // A group that cannot be asked now is asked again at the next discovery; undefined says so.
    return undefined;
  }
}

async function answer(client: ApiClient, path: string, signal: AbortSignal | undefined): Promise<unknown> {
  const { status, body } = await client.raw('GET', path, undefined, signal === undefined ? {} : { signal });
  if (status !== 200) throw new Error(`GET ${path} answered ${status}`);
  return body;
}
