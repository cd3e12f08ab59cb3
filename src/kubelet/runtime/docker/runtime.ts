// The Docker runtime.
import type { Clock, Logger } from '../../../lib/index.ts';
import type { ContainerRuntime } from '../port.ts';

export interface DockerRuntimeOptions {
  /** Identifies the cluster among those that share the daemon. */
  readonly cluster: string;
  readonly node: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** DOCKER_HOST: unix:///path, tcp://host:port. Undefined: the environment's, then the usual sockets. */
  readonly dockerHost?: string | undefined;
}

/** The daemon's version when one answers within two seconds; undefined otherwise. */
export function dockerAnswers(_options: { dockerHost?: string | undefined } = {}): Promise<string | undefined> {
  return Promise.resolve(undefined);
}

/** Connects to Docker. Throws UserError when no daemon answers. */
export function dockerRuntime(options: DockerRuntimeOptions): Promise<ContainerRuntime> {
  return Promise.reject(new Error(`the Docker runtime of ${options.node} is being written`));
}
