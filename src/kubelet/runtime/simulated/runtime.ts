// The simulated runtime.
import type { Clock, Logger } from '../../../lib/index.ts';
import type { ContainerRuntime } from '../port.ts';

export interface SimulatedRuntimeOptions {
  readonly cluster: string;
  readonly node: string;
  /** 0–255: pods get addresses 10.244.<nodeIndex>.x. */
  readonly nodeIndex: number;
  /** Where the state is kept over restarts of the kubelet. */
  readonly directory: string;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Pods in virtual form. */
export function simulatedRuntime(options: SimulatedRuntimeOptions): Promise<ContainerRuntime> {
  return Promise.reject(new Error(`the simulated runtime of ${options.node} is being written`));
}
