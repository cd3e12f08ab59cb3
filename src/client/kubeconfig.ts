// Reads a kubeconfig.
import { InvariantError } from '../lib/index.ts';
import type { TlsOptions } from './client.ts';

/** What a kubeconfig says about its current context: spread it into ClientOptions. */
export interface Kubeconfig {
  readonly endpoints: readonly string[];
  readonly tls?: TlsOptions;
  readonly token?: string;
}

export function loadKubeconfig(path: string): Kubeconfig {
  throw new InvariantError(`being written: ${path}`);
}
