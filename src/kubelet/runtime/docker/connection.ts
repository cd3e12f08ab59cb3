// Finds the Docker daemon: DOCKER_HOST, or the usual sockets; and says what to do when none answers.
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type Docker from 'dockerode';
import type { DockerOptions } from 'dockerode';
import { UserError } from '../../../lib/index.ts';
import { hostAddressForPods } from './host-address.ts';

const PING_TIMEOUT_MS = 2_000;
const DAEMON_SOCKET = '/var/run/docker.sock';

/** Sockets in the order they are tried: the daemon's own, Docker Desktop's, rootless Docker's. */
function usualSockets(): readonly string[] {
  const runtime = process.env.XDG_RUNTIME_DIR;
  return [
    DAEMON_SOCKET,
    join(homedir(), '.docker/run/docker.sock'),
    ...(runtime === undefined ? [] : [join(runtime, 'docker.sock')]),
  ];
}

/** Throws UserError for a DOCKER_HOST of a kind we do not speak. */
export async function connect(dockerHost: string | undefined, timeoutMs?: number): Promise<Docker> {
  const address = daemonAddress(dockerHost);
  // Only now: it brings SSH and gRPC with it, a quarter of a second of processor time, and not every node has a Docker.
  const { default: Client } = await import('dockerode');
  return new Client({ ...address, ...(timeoutMs === undefined ? {} : { timeout: timeoutMs }) });
}

function daemonAddress(dockerHost: string | undefined): DockerOptions {
  const host = dockerHost ?? process.env.DOCKER_HOST ?? '';
  if (host === '') return { socketPath: usualSockets().find((path) => existsSync(path)) ?? DAEMON_SOCKET };
  if (host.startsWith('unix://')) return { socketPath: host.slice('unix://'.length) };
  const match = /^(?:tcp|http):\/\/([^/:]+):(\d+)\/?$/.exec(host);
  if (match === null) {
    throw new UserError(
      `DOCKER_HOST is ${host}, which is not understood`,
      'Set it to unix:///path/to/docker.sock or tcp://host:port, or unset it.',
    );
  }
  return { protocol: 'http', host: match[1] ?? '', port: Number(match[2]) };
}

/** What a daemon says of itself, as far as a cluster wants to know before it starts. */
export interface DockerAnswer {
  readonly version: string;
  /** Where its containers find this machine. */
  readonly hostAddressForPods: string | undefined;
}

/** The daemon's answer when one answers within two seconds; undefined otherwise. */
export async function dockerAnswers(
  options: { readonly dockerHost?: string | undefined } = {},
): Promise<DockerAnswer | undefined> {
  try {
    const { socketPath } = daemonAddress(options.dockerHost);
    if (socketPath !== undefined && !existsSync(socketPath)) return undefined;
    const docker = await connect(options.dockerHost, PING_TIMEOUT_MS);
    const facts = (await docker.info()) as { ServerVersion: string; OperatingSystem: string };
    return {
      version: facts.ServerVersion,
      hostAddressForPods: await hostAddressForPods(docker, facts.OperatingSystem),
    };
  } catch {
    // No Docker answers: the caller falls back to simulated pods, or says what to do.
    return undefined;
  }
}
