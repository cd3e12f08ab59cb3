// What components know of a client: typed requests with endpoint failover, and the caches built on watches.
import type { KubeObject, Served, Status } from '../api/index.ts';

/** Names a resource and carries its type. See resources.ts for the constants (PODS, NODES, LEASES …). */
export interface ResourceRef<T extends KubeObject> {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly kind: string;
  readonly namespaced: boolean;
  /** Never set: it only carries T. */
  readonly type?: T;
}

/** One object; namespace is '' for cluster-scoped resources. */
export interface ObjectName {
  readonly namespace: string;
  readonly name: string;
}

export interface Selection {
  /** '' or undefined: all namespaces. */
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
}

export interface ListResult<T extends KubeObject> {
  readonly items: readonly Served<T>[];
  readonly resourceVersion: string;
  readonly continue: string | undefined;
  /** How many objects follow in the pages after this one, where the server says so. */
  readonly remainingItemCount?: number | undefined;
}

export type PatchType = 'json' | 'merge' | 'strategic' | 'apply';

export interface DeleteOptions {
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly gracePeriodSeconds?: number;
  readonly propagationPolicy?: 'Orphan' | 'Background' | 'Foreground';
}

export interface RequestOptions {
  readonly signal?: AbortSignal;
  /** status, scale, binding, eviction, token … */
  readonly subresource?: string;
  /** How long to go on, over all endpoints; the client's requestTimeoutMs when undefined. */
  readonly timeoutMs?: number;
  /** Told the fence that the answer carried: Lease answers do (see Fence). */
  readonly onFence?: (fence: Fence) => void;
}

export interface GetOptions extends RequestOptions {
  /** Undefined: as it is now, which the servers have to agree on. '0': as the asked server knows it, which costs nobody else anything. */
  readonly resourceVersion?: string | undefined;
}

export interface WatchOptions {
  /** Events after this revision are delivered; undefined: from now. */
  readonly resourceVersion?: string;
  /** First what is there as ADDED, then a BOOKMARK annotated `k8s.io/initial-events-end`, then changes. */
  readonly sendInitialEvents?: boolean;
  readonly signal?: AbortSignal;
}

/** One message of a watch. A BOOKMARK's object carries nothing but metadata.resourceVersion and annotations. */
export type WatchEvent<T extends KubeObject> =
  | { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK'; readonly object: Served<T> }
  | { readonly type: 'ERROR'; readonly object: Status };

export interface WatchSink<T extends KubeObject> {
  /** Called once per message, in order, never after `ended` or `close`. */
  event(event: WatchEvent<T>): void;
  /** The stream is over (undefined: the server ended it in good order). Called once, and not after `close`. */
  ended(error: Error | undefined): void;
}

export interface WatchHandle {
  close(): void;
}

/**
 * Requests to whichever API server answers. A refused or reset connection tries the next endpoint: reads always,
 * writes only when the request cannot have been acted on, or when repeating it is harmless (guarded by a resourceVersion,
 * a name, a uid); otherwise it throws UnknownOutcomeError. Failures the server words are ApiStatusError.
 */
export interface ApiClient {
  get<T extends KubeObject>(ref: ResourceRef<T>, name: ObjectName, options?: GetOptions): Promise<Served<T>>;
  list<T extends KubeObject>(
    ref: ResourceRef<T>,
    selection?: Selection & { readonly limit?: number; readonly continue?: string; readonly resourceVersion?: string },
    options?: RequestOptions,
  ): Promise<ListResult<T>>;
  /** With options.subresource, `object` is what the subresource speaks (Binding, Eviction, TokenRequest) and needs a name. */
  create<T extends KubeObject>(ref: ResourceRef<T>, object: T, options?: RequestOptions): Promise<Served<T>>;
  update<T extends KubeObject>(ref: ResourceRef<T>, object: T, options?: RequestOptions): Promise<Served<T>>;
  patch<T extends KubeObject>(
    ref: ResourceRef<T>,
    name: ObjectName,
    type: PatchType,
    patch: unknown,
    options?: RequestOptions,
  ): Promise<Served<T>>;
  /** Resolves when the deletion is accepted (the object may have finalizers or grace left). */
  delete<T extends KubeObject>(
    ref: ResourceRef<T>,
    name: ObjectName,
    options?: DeleteOptions & RequestOptions,
  ): Promise<void>;
  /** Creates a subresource object (POST …/name/subresource): binding, eviction, token. */
  createSubresource<Body extends KubeObject, Answer extends KubeObject>(
    ref: ResourceRef<KubeObject>,
    name: ObjectName,
    subresource: string,
    body: Body,
    options?: RequestOptions,
  ): Promise<Answer>;
  /**
   * Opens one watch stream (WebSocket, bookmarks on) at the endpoint that last answered; a failure moves the client to the
   * next one, so that the caller's next watch goes there. A silent stream is ended. Informers are what most callers want.
   */
  watch<T extends KubeObject>(
    ref: ResourceRef<T>,
    selection: Selection,
    options: WatchOptions,
    sink: WatchSink<T>,
  ): WatchHandle;
  /**
   * A view of this client whose writes all carry the fence of a lease: a former leader's writes are refused. While `fence`
   * answers undefined (this process does not lead) its writes throw NotLeaderError unsent.
   */
  fenced(fence: () => Fence | undefined): ApiClient;
  /** Any request, for discovery, health and proxies; `path` begins with '/'. */
  raw(
    method: string,
    path: string,
    body?: unknown,
    options?: RequestOptions,
  ): Promise<{ status: number; body: unknown }>;
  /** From now on these are the API servers: they come and go while a cluster runs. */
  useEndpoints(addresses: readonly string[]): void;
  close(): Promise<void>;
}

/**
 * Proof of leadership (house.md, decision 3): the Lease, and the fence that its last change of holder raised. On the wire it
 * is the header `Quorate-Fence: <namespace>/<lease>=<token>`, which servers also send with every Lease they answer.
 */
export interface Fence {
  readonly lease: string;
  readonly token: string;
}

/** A read-only, indexed cache of a selection. Objects in it are frozen in tests and never mutated. */
export interface Lister<T extends KubeObject> {
  get(name: ObjectName): Served<T> | undefined;
  list(namespace?: string): readonly Served<T>[];
  /** Objects whose index function answered `value`. */
  byIndex(index: string, value: string): readonly Served<T>[];
}

export interface InformerHandlers<T extends KubeObject> {
  added?(object: Served<T>): void;
  updated?(object: Served<T>, old: Served<T>): void;
  deleted?(object: Served<T>): void;
}

/** Keeps a Lister equal to the server: streaming list, WebSocket watch, bookmarks, resume, relist on 410. */
export interface Informer<T extends KubeObject> {
  readonly lister: Lister<T>;
  /** Handlers added later are first told of what is there. They enqueue keys and return. None is called after `signal` aborts. */
  addHandlers(handlers: InformerHandlers<T>, signal?: AbortSignal): void;
  /** Starts, and resolves when the first list is in. Runs until `signal` aborts. */
  start(signal: AbortSignal): Promise<void>;
  synced(): boolean;
}

/** Shares informers between the controllers of a process: one watch per resource and selection. */
export interface InformerFactory {
  informer<T extends KubeObject>(ref: ResourceRef<T>, options?: InformerOptions<T>): Informer<T>;
  /** Starts all that were asked for and waits until all are synced. */
  start(signal: AbortSignal): Promise<void>;
}

export interface InformerOptions<T extends KubeObject> extends Selection {
  /** Index name → the values an object is found under. */
  readonly indexes?: Readonly<Record<string, (object: T) => readonly string[]>>;
}

/**
 * Keys that wait for a worker. A key is handed to one worker at a time; a key added while it is worked on comes
 * back after `done`. Failed keys back off exponentially.
 */
export interface WorkQueue<K extends string = string> {
  add(key: K): void;
  addAfter(key: K, delayMs: number): void;
  addRateLimited(key: K): void;
  /** Success: the key's back-off starts anew. */
  forget(key: K): void;
  /** Resolves with the next key, or undefined when the queue was shut down and is empty. */
  next(): Promise<K | undefined>;
  done(key: K): void;
  readonly length: number;
  shutDown(): void;
}

/** `namespace/name`, or `name` for cluster-scoped objects: the key of a work queue. */
export type ObjectKey = string;

/** What a reconciler answers. Throwing retries with back-off. */
export interface ReconcileResult {
  /** Reconcile this key again after so many milliseconds, whatever happens. */
  readonly requeueAfterMs?: number;
}

/** A control loop: its queue, its workers, its reconcile function. Made by runController in controller.ts. */
export interface ControllerSpec {
  readonly name: string;
  readonly workers: number;
  reconcile(key: ObjectKey, signal: AbortSignal): Promise<ReconcileResult | undefined>;
}

/** Runs `lead` while this process holds the lease; ends it (through the signal) before the lease may be another's. */
export interface LeaderElector {
  /** Resolves when `signal` aborts and the lease was given up. */
  run(signal: AbortSignal, lead: (fence: () => Fence | undefined, signal: AbortSignal) => Promise<void>): Promise<void>;
  readonly identity: string;
  isLeader(): boolean;
}

/** Writes Kubernetes Events about an object; repeats raise the count of the first. Never throws, never blocks. */
export interface EventRecorder {
  /** `fieldPath`: which part of the object it is about. */
  event(regarding: KubeObject, type: 'Normal' | 'Warning', reason: string, message: string, fieldPath?: string): void;
}
