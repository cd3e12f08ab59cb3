// What an admission plugin is: a pure function of a request's object and a snapshot, for some resources and some writes. It
// changes the object in place or refuses it; what must still be so when the object is stored it adds to the admission.
import type { KubeObject } from '../../api/index.ts';
import type { Condition, Snapshot, Write } from '../../store/index.ts';
import type { Operation } from '../handlers/operation.ts';

export interface AdmissionRequest {
  readonly operation: Operation;
  /** What is to be stored. */
  readonly object: KubeObject;
  /** What it replaces; undefined for a new object. */
  readonly old: KubeObject | undefined;
  readonly snapshot: Snapshot;
}

/** What goes into the command that stores the object. */
export interface Admission {
  /** What the admission saw must still be so. */
  readonly conditions: Condition[];
  readonly writes: Write[];
  /** Names what many requests write at once: then they go one after another (storage/turns.ts). */
  turn?: string;
}

export interface AdmissionPlugin {
  /** Qualified resources (`pods`, `runtimeclasses.node.k8s.io`), or all that live in namespaces. */
  readonly of: readonly string[] | 'namespaced';
  readonly on: readonly ('create' | 'update')[];
  /** Changes request.object. Throws ApiError 403 and 404 for what is not admitted. */
  admit(request: AdmissionRequest, admission: Admission): void;
}
