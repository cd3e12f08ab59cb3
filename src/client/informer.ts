// Informers.
import type { KubeObject } from '../api/index.ts';
import { type Clock, InvariantError, type Logger, type Prng } from '../lib/index.ts';
import type { ApiClient, Informer, InformerFactory, InformerOptions, ResourceRef } from './types.ts';

export interface InformerRuntime {
  readonly client: ApiClient;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly random: Prng;
  /** Freezes cached objects deeply, so that mutating one throws: for tests. */
  readonly freeze?: boolean | undefined;
}

export function createInformer<T extends KubeObject>(
  ref: ResourceRef<T>,
  runtime: InformerRuntime,
  options: InformerOptions<T> = {},
): Informer<T> {
  throw new InvariantError(`being written: ${ref.plural} ${String(runtime.freeze)} ${String(options.namespace)}`);
}

export function createInformerFactory(runtime: InformerRuntime): InformerFactory {
  throw new InvariantError(`being written: ${String(runtime.freeze)}`);
}
