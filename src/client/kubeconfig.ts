// Reads a kubeconfig as kubectl writes it: the current context's server, authority and credentials, inline or as files
// beside it. What we cannot honour (no verification, exec plugins) is refused with a remedy, never ignored.
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { parse } from 'yaml';
import { messageOf, UserError } from '../lib/index.ts';
import type { TlsOptions } from './endpoints.ts';

/** What a kubeconfig says about its current context: spread it into ClientOptions. */
export interface Kubeconfig {
  readonly endpoints: readonly string[];
  readonly tls?: TlsOptions;
  readonly token?: string;
}

interface File {
  'current-context'?: string;
  contexts?: { name?: string; context?: { cluster?: string; user?: string } }[];
  clusters?: { name?: string; cluster?: Cluster }[];
  users?: { name?: string; user?: User }[];
}

interface Cluster {
  server?: string;
  'certificate-authority'?: string;
  'certificate-authority-data'?: string;
  'insecure-skip-tls-verify'?: boolean;
}

interface User {
  'client-certificate'?: string;
  'client-certificate-data'?: string;
  'client-key'?: string;
  'client-key-data'?: string;
  token?: string;
  tokenFile?: string;
  exec?: unknown;
}

/** Throws UserError when the file cannot be read or lacks what a connection needs. */
export function loadKubeconfig(path: string): Kubeconfig {
  const file = readYaml(path);
  const contextName = file['current-context'];
  const context = file.contexts?.find((entry) => entry.name === contextName)?.context;
  const cluster = file.clusters?.find((entry) => entry.name === context?.cluster)?.cluster;
  if (cluster?.server === undefined) {
    throw new UserError(
      `${path} has no cluster for its current context ${contextName ?? '(none)'}`,
      'Choose one with `kubectl config use-context`.',
    );
  }
  if (cluster['insecure-skip-tls-verify'] === true) {
    throw new UserError(`${path} asks to skip verification`, 'Name the certificate authority instead.');
  }
  const user = file.users?.find((entry) => entry.name === context?.user)?.user ?? {};
  if (user.exec !== undefined) {
    throw new UserError(`${path} gets its credentials from a program`, 'Use a client certificate or a token.');
  }
  const folder = dirname(resolve(path));
  const ca = textOf(folder, cluster['certificate-authority-data'], cluster['certificate-authority']);
  const cert = textOf(folder, user['client-certificate-data'], user['client-certificate']);
  const key = textOf(folder, user['client-key-data'], user['client-key']);
  const token = user.token ?? textOf(folder, undefined, user.tokenFile)?.trim();
  return {
    endpoints: [cluster.server],
    ...(ca === undefined ? {} : { tls: { ca, cert, key } }),
    ...(token === undefined ? {} : { token }),
  };
}

function readYaml(path: string): File {
  try {
    // No alias may unfold a small file into a large one.
    const parsed: unknown = parse(readFileSync(path, 'utf8'), { maxAliasCount: 0 });
    if (typeof parsed === 'object' && parsed !== null) return parsed as File;
  } catch (error) {
    throw new UserError(`cannot read the kubeconfig ${path}: ${messageOf(error)}`, 'Name one with --kubeconfig.');
  }
  throw new UserError(`${path} is not a kubeconfig`, 'Name one with --kubeconfig.');
}

function textOf(folder: string, base64: string | undefined, path: string | undefined): string | undefined {
  if (base64 !== undefined && base64 !== '') return Buffer.from(base64, 'base64').toString('utf8');
  if (path === undefined || path === '') return undefined;
  try {
    return readFileSync(resolve(folder, path), 'utf8');
  } catch (error) {
    throw new UserError(`cannot read ${path}, named by the kubeconfig: ${messageOf(error)}`, 'Restore that file.');
  }
}
