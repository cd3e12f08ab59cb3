// Writes pod statuses: in the background, only when something changed, only the newest, guarded by the pod's uid. A failed
// write is tried again until the pod is gone.
import type { Pod, PodCondition, PodStatus, Served } from '../../api/index.ts';
import { type ApiClient, ApiStatusError, isConflict, isNotFound, PODS } from '../../client/index.ts';
import { type Clock, type Logger, messageOf, sleep } from '../../lib/index.ts';
import { STATUS_RETRY_MS } from '../limits.ts';

interface Entry {
  pod: Served<Pod>;
  wanted: PodStatus | undefined;
  writing: Promise<void> | undefined;
}

export class StatusWriter {
  readonly #client: ApiClient;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #signal: AbortSignal;
  readonly #entries = new Map<string, Entry>();

  constructor(client: ApiClient, clock: Clock, logger: Logger, signal: AbortSignal) {
    this.#client = client;
    this.#clock = clock;
    this.#logger = logger;
    this.#signal = signal;
  }

  /** The pod as the API last showed or answered it, whichever is newer. */
  newest(pod: Served<Pod>): Served<Pod> {
    const known = this.#entries.get(pod.metadata.uid)?.pod;
    return known !== undefined && revisionOf(known) > revisionOf(pod) ? known : pod;
  }

  /** Says what the status is to be. Resolves when it is written, or cannot be any more. */
  write(pod: Served<Pod>, status: PodStatus): Promise<void> {
    const base = this.newest(pod);
    const entry: Entry = this.#entries.get(pod.metadata.uid) ?? { pod: base, wanted: undefined, writing: undefined };
    this.#entries.set(pod.metadata.uid, entry);
    entry.pod = base;
    entry.wanted = status;
    entry.writing ??= this.#work(entry);
    return entry.writing;
  }

  forget(podUid: string): void {
    const entry = this.#entries.get(podUid);
    if (entry !== undefined) entry.wanted = undefined;
    this.#entries.delete(podUid);
  }

  async #work(entry: Entry): Promise<void> {
    await Promise.resolve();
    while (entry.wanted !== undefined && !this.#signal.aborted) {
      const { wanted } = entry;
      const patch = statusPatch(entry.pod, wanted);
      if (patch === undefined) {
        entry.wanted = undefined;
        break;
      }
      const { namespace = '', name } = entry.pod.metadata;
      try {
        entry.pod = await this.#client.patch(PODS, { namespace, name }, 'strategic', patch, { subresource: 'status' });
        if (entry.wanted === wanted) entry.wanted = undefined;
      } catch (error) {
        // Gone, or another pod of the same name: nobody waits for this status.
        if (isNotFound(error) || isConflict(error)) {
          if (entry.wanted === wanted) entry.wanted = undefined;
          continue;
        }
        this.#logger.warn({ pod: `${namespace}/${name}`, error: messageOf(error) }, 'a pod status was not written');
        if (isRefusal(error)) {
          if (entry.wanted === wanted) entry.wanted = undefined;
          continue;
        }
        await sleep(this.#clock, STATUS_RETRY_MS, this.#signal);
      }
    }
    entry.writing = undefined;
  }
}

/** The server will not take this status, however often it is sent. */
function isRefusal(error: unknown): boolean {
  return error instanceof ApiStatusError && [400, 403, 413, 422].includes(error.code);
}

function revisionOf(pod: Served<Pod>): number {
  return Number(pod.metadata.resourceVersion);
}

/** What changes the pod's status into the wanted one; undefined when it is so already. Conditions are merged by type. */
export function statusPatch(pod: Served<Pod>, wanted: PodStatus): object | undefined {
  const before: Readonly<Record<string, unknown>> = { ...(pod.status ?? {}) };
  const after: Readonly<Record<string, unknown>> = { ...wanted };
  const changes: Record<string, unknown> = {};
  for (const [field, value] of Object.entries(after)) {
    if (field === 'conditions') continue;
    if (canonical(value) !== canonical(before[field])) changes[field] = value;
  }
  for (const field of ['reason', 'message', 'podIP']) {
    if (before[field] !== undefined && after[field] === undefined) changes[field] = null;
  }
  replaceAddresses(changes, 'podIPs', pod.status?.podIPs ?? []);
  replaceAddresses(changes, 'hostIPs', pod.status?.hostIPs ?? []);
  const conditions = (wanted.conditions ?? []).filter((condition) => {
    const old = pod.status?.conditions?.find(({ type }) => type === condition.type);
    return canonical(comparable(condition)) !== canonical(old === undefined ? undefined : comparable(old));
  });
  if (conditions.length > 0) {
    changes.conditions = conditions.map((condition) => ({ reason: null, message: null, ...condition }));
  }
  if (Object.keys(changes).length === 0) return undefined;
  return { metadata: { uid: pod.metadata.uid }, status: changes };
}

/** These lists merge by address: old ones are taken out by name. */
function replaceAddresses(
  changes: Record<string, unknown>,
  field: 'podIPs' | 'hostIPs',
  old: readonly { readonly ip: string }[],
): void {
  const fresh = changes[field] as readonly { readonly ip: string }[] | undefined;
  if (fresh === undefined || field === 'hostIPs') return;
  const gone = old.filter(({ ip }) => !fresh.some((address) => address.ip === ip));
  changes[field] = [...fresh, ...gone.map(({ ip }) => ({ ip, $patch: 'delete' }))];
}

function comparable({ type, status, reason, message }: PodCondition): object {
  return { type, status, reason: reason ?? '', message: message ?? '' };
}

/** JSON with sorted keys and without absent or empty parts: servers differ in how they leave out nothing. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) => {
    if (typeof part !== 'object' || part === null || Array.isArray(part)) return part;
    const entries = Object.entries(part).filter(([, inner]) => inner !== null && !isEmpty(inner));
    return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}

function isEmpty(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}
