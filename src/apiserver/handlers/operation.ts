// One request on a resource, as handlers see it: everything before them (identity, negotiation, options) is decided.
import type { KubeObject, ResourceDefinition } from '../../api/index.ts';
import type { CancelSignal } from '../../lib/index.ts';
import type { StoredObject } from '../../store/index.ts';
import type { ServerContext } from '../context.ts';
import type { Representation } from '../http/negotiate.ts';
import type { PartedBody } from '../http/stream.ts';
import type { UserInfo } from '../options.ts';
import type { ResourceRequest } from '../request-info/parse.ts';
import type { Fence } from '../storage/fence.ts';

export interface Operation {
  readonly server: ServerContext;
  readonly definition: ResourceDefinition;
  readonly info: ResourceRequest;
  readonly query: URLSearchParams;
  readonly user: UserInfo;
  /** The name under which the fields that it writes are known: metadata.managedFields. */
  readonly manager: string;
  /** Aborts at the request's deadline. */
  readonly signal: CancelSignal;
  readonly fence: Fence | undefined;
  /** Everything but the commit. */
  readonly dryRun: boolean;
  readonly representation: Representation;
  readonly contentType: string | undefined;
  /** Texts of Warning headers that the answer carries. */
  readonly warnings: Set<string>;
  /** Reads the body, once. */
  body(): Promise<Uint8Array>;
}

/** What a handler answers, before it is given the shape and encoding that the client accepts. */
export type Answer =
  /** A stored version (sent verbatim where possible), or an object that is not stored (dry runs, Scale). */
  | {
      readonly kind: 'stored';
      readonly status: number;
      readonly object: StoredObject;
      readonly fence?: string | undefined;
    }
  | { readonly kind: 'object'; readonly status: number; readonly object: KubeObject }
  /** JSON that has its final shape already (lists, Status). */
  | {
      readonly kind: 'encoded';
      readonly status: number;
      readonly json: Uint8Array | string;
    }
  /** The same in parts that are made as they are sent (lists). */
  | { readonly kind: 'parted'; readonly status: number; readonly body: PartedBody; readonly contentType: string }
  /** The handler has taken the connection (watches, logs). */
  | { readonly kind: 'taken'; readonly response: Response };

/** An object and the status of the answer. */
export function objectAnswer(status: number, object: KubeObject): Answer {
  return { kind: 'object', status, object };
}
