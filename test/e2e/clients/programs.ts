// Programs of other languages that show a client's habits: each has a table of named cases, runs them all, and prints a line of
// JSON for each. Here their names are read from their source, so that each case is a test, and where their clients are found.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ClusterUnderTest } from '../../../chaos/index.ts';
import { run } from '../support/command.ts';

const HERE = fileURLToPath(new URL('.', import.meta.url));
/** Where .ci/clients puts what is no Debian package. */
const INSTALLED = process.env['QUORATE_TEST_CLIENTS'] ?? '/usr/local/lib/quorate-test-clients';

/** Name of a case → why it failed; null when it did not. */
export type Outcomes = ReadonlyMap<string, string | null>;

export function pathOf(...parts: string[]): string {
  return join(HERE, ...parts);
}

/** A file or folder that .ci/clients installed; undefined when it is not there. */
export function installed(...parts: string[]): string | undefined {
  const path = join(INSTALLED, ...parts);
  return existsSync(path) ? path : undefined;
}

/** The names of the cases in source files, in their order. `pattern` has a group for the name, and the flags g and m. */
export function casesIn(files: readonly string[], pattern: RegExp): string[] {
  return files.flatMap((file) =>
    [...readFileSync(pathOf(file), 'utf8').matchAll(pattern)].map((match) => match[1] ?? ''),
  );
}

/** What a program says of itself, on either output; undefined when it is not there or fails. */
export function says(program: string, ...args: string[]): string | undefined {
  try {
    return execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return undefined;
  }
}

/** Environment variables that tell a program where the cluster is. */
export function clusterEnvironment(cluster: ClusterUnderTest): Record<string, string> {
  const servers = cluster.running.topology.servers.map(({ id }) => cluster.urlOf(id));
  return { KUBECONFIG: cluster.running.layout.kubeconfig, QUORATE_SERVERS: servers.join(' ') };
}

/** Runs all cases of a program. Throws when it ends before it has said what became of each. */
export async function runCases(
  program: string,
  args: readonly string[],
  env: Record<string, string>,
): Promise<Outcomes> {
  const { code, stdout, stderr } = await run(program, args, env);
  const lines = stdout.split('\n').filter((line) => line !== '');
  const outcomes = lines.map((line) => JSON.parse(line) as { readonly case: string; readonly failure: string | null });
  if (code !== 0) throw new Error(`${program} ended with ${code} after ${outcomes.length} cases: ${stderr}`);
  return new Map(outcomes.map((one) => [one.case, one.failure]));
}
