// `quorate kubelet` started by hand: a node that is told by options what a cluster's worker reads in its configuration.
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { LOOPBACK } from '../../../cluster/index.ts';
import { UserError } from '../../lib/index.ts';
import type { Environment } from '../environment.ts';
import { chooseRuntime, type RuntimeWish } from '../runtime-choice.ts';
import { type ConnectionOptions, connectedClient } from './clients.ts';
import { runNode } from './worker.ts';

/** Of plain HTTP, where an address names none. */
const DEFAULT_HTTP_PORT = 8080;

export interface StandaloneNodeOptions extends ConnectionOptions {
  readonly nodeName: string;
  readonly runtime: RuntimeWish;
  readonly dataDir: string;
  readonly port: number;
}

/** Runs a node that was started by hand, until the environment's signal aborts. */
export async function runStandaloneNode(options: StandaloneNodeOptions, environment: Environment): Promise<void> {
  const client = connectedClient(options, 'kubelet', environment);
  const choice = await chooseRuntime(options.runtime);
  process.stderr.write(`${choice.message}\n`);
  await runNode(
    {
      nodeName: options.nodeName,
      index: indexOf(options.nodeName),
      clusterId: 'standalone',
      runtime: choice.runtime,
      directory: join(options.dataDir, 'nodes', options.nodeName),
      listen: { host: LOOPBACK, port: options.port },
      tls: undefined,
      apiForPods: apiForPods(options.apiServer),
    },
    client,
    environment,
  );
}

/** A number for a node that nobody numbered: nodes with unlike names rarely share it. */
function indexOf(nodeName: string): number {
  return createHash('sha256').update(nodeName).digest().readUInt8();
}

/** Pods of a plain HTTP server are told its address as it was given: on loopback they cannot reach it, and that is so. */
function apiForPods(apiServer: string | undefined): { host: string; port: number; caPem: undefined } {
  if (apiServer === undefined) return { host: LOOPBACK, port: DEFAULT_HTTP_PORT, caPem: undefined };
  try {
    const url = new URL(apiServer);
    return { host: url.hostname, port: Number(url.port || DEFAULT_HTTP_PORT), caPem: undefined };
  } catch (error) {
    throw new UserError(`--api-server ${apiServer} is not an address`, 'Give one like http://localhost:8080.', {
      exitCode: 2,
      cause: error,
    });
  }
}
