// What the files of this folder share: the kubelet's parts, as one value handed down.
import type { Service } from '../../api/index.ts';
import type { ApiClient, EventRecorder } from '../../client/index.ts';
import type { Clock, Logger, Prng } from '../../lib/index.ts';
import type { ApiAddressForPods } from '../options.ts';
import type { Prober } from '../probes/prober.ts';
import type { ContainerRuntime } from '../runtime/port.ts';
import type { VolumeManager } from '../volumes/volumes.ts';
import type { ImagePuller } from './image-puller.ts';
import type { ReferencedObjects } from './objects.ts';
import type { StatusWriter } from './status-writer.ts';

export interface KubeletParts {
  readonly client: ApiClient;
  readonly runtime: ContainerRuntime;
  /** `docker`, `simulated` */
  readonly runtimeName: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly random: Prng;
  readonly events: EventRecorder;
  readonly objects: ReferencedObjects;
  readonly volumes: VolumeManager;
  readonly images: ImagePuller;
  readonly prober: Prober;
  readonly statuses: StatusWriter;
  readonly services: (namespace: string) => readonly Service[];
  readonly api: ApiAddressForPods;
  readonly nodeAddress: string;
  readonly nodeMemoryBytes: number;
  readonly allocatable: Readonly<Record<string, string>>;
}

/** A step of a container that failed: what its state.waiting says until the next try. */
export class StepError extends Error {
  override readonly name = 'StepError';
  readonly reason: string;

  constructor(reason: string, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.reason = reason;
  }
}
