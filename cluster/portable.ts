// What of a cluster's keys a new one needs to be the same to its clients: the authority, the key of service-account
// tokens, the static tokens, the administrator. Certificates of servers and workers are made anew by it.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '../src/lib/index.ts';
import { ADMIN, SERVICE_ACCOUNT_KEY } from './identities.ts';
import type { Layout } from './layout.ts';

const REQUIRED = ['ca.crt', 'ca.key', SERVICE_ACCOUNT_KEY, 'tokens.json'];
const OPTIONAL = [`${ADMIN}.crt`, `${ADMIN}.key`];

export interface PortableFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** Throws UserError when one is missing that no cluster can do without. */
export function readPortableFiles(layout: Layout): readonly PortableFile[] {
  const missing = REQUIRED.filter((name) => !existsSync(join(layout.pki, name)));
  if (missing.length > 0)
    throw new UserError(
      `${layout.pki} lacks ${missing.join(', ')}`,
      'Restore the file, or start the cluster once with `quorate up`, which makes what was never made.',
    );
  return [...REQUIRED, ...OPTIONAL]
    .filter((name) => existsSync(join(layout.pki, name)))
    .map((name) => ({ name, bytes: readFileSync(join(layout.pki, name)) }));
}

/** Writes them durably, readable by the owner only. Throws UserError when one is missing. */
export function writePortableFiles(layout: Layout, files: readonly PortableFile[]): void {
  const missing = REQUIRED.filter((name) => !files.some((file) => file.name === name));
  if (missing.length > 0)
    throw new UserError(
      `the archive lacks ${missing.join(', ')}`,
      'Use an archive that `quorate snapshot save` wrote.',
    );
  // Names that are not known are of a newer version, or no plain names at all.
  for (const { name, bytes } of files.filter((file) => [...REQUIRED, ...OPTIONAL].includes(file.name)))
    writeFileSync(join(layout.pki, name), bytes, { mode: 0o600, flush: true });
}
