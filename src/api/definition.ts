// A resource is data: what it is called, what may be done with it, which schema it has. Kinds with rules of their own add
// a strategy, a small file of pure functions. Servers, discovery, OpenAPI and tables are driven by these alone.
import type { KubeObject } from './object.ts';
import type { ApiSchema } from './schema/index.ts';

export type Verb = 'create' | 'delete' | 'deletecollection' | 'get' | 'list' | 'patch' | 'update' | 'watch';

/** A resource at one version. Group '' is the core group. */
export interface ResourceDefinition {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly singular: string;
  readonly kind: string;
  readonly listKind: string;
  readonly namespaced: boolean;
  readonly verbs: readonly Verb[];
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly subresources: readonly SubresourceDefinition[];
  /** The type's name in the public OpenAPI document: io.k8s.api.core.v1.Pod. */
  readonly schema: string;
  readonly strategy: Strategy;
  readonly columns: readonly TableColumn[];
  /** The order of a table's rows, where it is not that of names. */
  readonly tableOrder?: (a: KubeObject, b: KubeObject) => number;
  /** Undefined: objects are persisted. 'none': answers are computed and nothing is stored (reviews, bindings, component statuses). */
  readonly storage?: 'none';
  /** The Warning header of every request for it: `v1 Endpoints is deprecated in v1.33+; use …`. */
  readonly deprecation?: string;
  /** Set where another resource's objects are served in this shape (events.k8s.io/v1 events are core events). */
  readonly storedAs?: StoredAs;
}

/** Objects of one resource kept as those of another, with pure conversions between the two shapes (neither changes its argument). */
export interface StoredAs {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  toStored(object: KubeObject): KubeObject;
  fromStored(object: KubeObject): KubeObject;
}

/** status, scale, binding, log … with the kind it speaks, in its own group and version. */
export interface SubresourceDefinition {
  readonly name: string;
  readonly verbs: readonly Verb[];
  readonly kind: string;
  readonly group: string;
  readonly version: string;
}

/** A column of `kubectl get`: metav1.TableColumnDefinition with the function that fills it. Priority 1 is `-o wide`. */
export interface TableColumn {
  readonly name: string;
  readonly type: 'string' | 'integer' | 'date' | 'number' | 'boolean';
  readonly format: string;
  readonly description: string;
  readonly priority: 0 | 1;
  cell(object: KubeObject, nowMs: number): string | number | boolean | null;
}

/** A finding about one field, as in the causes of an Invalid status. */
export interface FieldError {
  readonly type:
    | 'required'
    | 'invalid'
    | 'notSupported'
    | 'duplicate'
    | 'forbidden'
    | 'tooLong'
    | 'tooMany'
    | 'notFound'
    | 'typeInvalid';
  /** metadata.name, spec.containers[0].image … */
  readonly field: string;
  /** The value found; undefined for required and forbidden. */
  readonly value?: unknown;
  /** The rest of the sentence, as Kubernetes words it. */
  readonly detail: string;
}

/** What a strategy may know besides the object. */
export interface StrategyContext extends UpdateContext {
  /** Who asks: certificate signing requests record it. */
  readonly caller: Caller;
  /** 32 random bits from the server's generator: for generated names. */
  random(): number;
}

/** The same, of an update. */
export interface UpdateContext {
  readonly nowMs: number;
}

/** A user as Kubernetes' user.Info has it; '' and empty where there is none. */
export interface Caller {
  readonly name: string;
  readonly uid: string;
  readonly groups: readonly string[];
  readonly extra: Readonly<Record<string, readonly string[]>>;
}

/** The rules of a subresource that speaks the object's own kind and changes one part of it. Pure, as Strategy's. */
export interface PartStrategy {
  /** Makes everything but the part what `old` has; `true` when that leaves a change of the spec. */
  prepare(object: KubeObject, old: KubeObject): boolean;
  validate(object: KubeObject, old: KubeObject): readonly FieldError[];
}

/** The rules of a kind. Every function is pure, may change `object` in place, and never looks at other objects. */
export interface Strategy {
  /** Status and other server-owned fields are cleared, fixed values set. Runs before validation. */
  prepareForCreate?(object: KubeObject, context: StrategyContext): void;
  /** `object` replaces `old`: status is carried over; `true` when its spec changed, which raises the generation. */
  prepareForUpdate?(object: KubeObject, old: KubeObject, context: UpdateContext): boolean;
  /** The same for the status subresource: everything but status (and metadata's mergeable parts) is carried over. */
  prepareForStatusUpdate?(object: KubeObject, old: KubeObject, context: UpdateContext): void;
  /** Defaults beyond the schema's own (`protocol: TCP` is the schema's; `imagePullPolicy` depends on the tag). */
  applyDefaults?(object: KubeObject, types: Pick<ApiSchema, 'applyDefaults'>): void;
  validate?(object: KubeObject): readonly FieldError[];
  /** What is asked of new objects alone. */
  validateCreate?(object: KubeObject): readonly FieldError[];
  validateUpdate?(object: KubeObject, old: KubeObject): readonly FieldError[];
  validateStatusUpdate?(object: KubeObject, old: KubeObject): readonly FieldError[];
  /** The rules of the approval subresource, in place of status's. */
  readonly approval?: Pick<Strategy, 'prepareForStatusUpdate' | 'validateStatusUpdate'>;
  /** Subresources that change one part of the object (ephemeralcontainers and resize of pods), by name. */
  readonly parts?: Readonly<Record<string, PartStrategy>>;
  /** Warning headers that a write earns. */
  warnings?(object: KubeObject): readonly string[];
  /** Values for field selectors besides metadata.name and metadata.namespace. */
  selectableFields?(object: KubeObject): Readonly<Record<string, string>>;
  /** The names that selectableFields may answer: a selector that names another is refused. */
  readonly selectableFieldNames?: readonly string[];
  /** Seconds of grace when a DELETE does not say; undefined deletes at once (pods: 30). */
  deletionGracePeriodSeconds?(object: KubeObject): number | undefined;
  /** True: a DELETE that does not say what becomes of the dependents leaves them (replication controllers; Jobs). */
  readonly orphansDependents?: true;
  /** Who relies on that is told so. */
  readonly orphansWarning?: string;
  /** True when metadata.generation is kept for this kind. */
  readonly hasGeneration: boolean;
  /** The rules of metadata.name. */
  readonly nameRule: 'dns1123Subdomain' | 'dns1123Label' | 'dns1035Label' | 'pathSegment';
  /** True: an update without resourceVersion overwrites whatever is there (Kubernetes' AllowUnconditionalUpdate). */
  readonly allowUnconditionalUpdate: boolean;
  /** True: PUT of a name that is not there creates it (leases, events …). */
  readonly allowCreateOnUpdate: boolean;
}
