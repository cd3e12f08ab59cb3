// Clients that others have written, against three live servers: Python's, client-go, Helm 3 and 4. What is not on this machine is
// skipped, and says so; .ci/clients installs it. docs/clients.md tells what is shown with which version.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ClusterUnderTest } from '../../chaos/index.ts';
import { describeHelm } from './clients/helm-cases.ts';
import { casesIn, clusterEnvironment, installed, type Outcomes, pathOf, runCases, says } from './clients/programs.ts';
import { threeServers } from './support/three-servers.ts';

/** So little past is kept that a client can outlive it by writing. */
const HISTORY_LIMIT_BYTES = 2 * 1024 * 1024;
const WORKERS = 2;
/** Debian's, whatever else is on the PATH. */
const PYTHON = '/usr/bin/python3';
const pythonVersion = says(PYTHON, '-c', 'import kubernetes; print(kubernetes.__version__)');
const goProgram = installed('go', 'clients');

let cluster: ClusterUnderTest;
beforeAll(async () => {
  cluster = await threeServers(WORKERS, { historyLimitBytes: HISTORY_LIMIT_BYTES });
});
afterAll(() => cluster.stop());

interface Program {
  readonly title: string;
  /** Its source below test/e2e/clients, and how a case's name is found in it. */
  readonly sources: readonly string[];
  readonly pattern: RegExp;
  /** Why it is skipped. */
  readonly missing: string | undefined;
  /** It is shown only where somebody has asked for it: CI does not, for it takes too long. */
  readonly isOptional?: true;
  readonly command: readonly [string, ...string[]];
}

const programs: readonly Program[] = [
  {
    title: `the Python client ${pythonVersion ?? ''}`,
    sources: ['python/dynamic.py', 'python/typed.py'],
    pattern: /^@case\("([^"]+)"\)$/gm,
    missing: pythonVersion === undefined ? 'python3-kubernetes is not installed' : undefined,
    command: [PYTHON, '-B', pathOf('python', 'main.py')],
  },
  {
    title: 'client-go 0.20.2',
    sources: ['go/cases.go'],
    pattern: /^\t\{"([^"]+)", \w+\},$/gm,
    missing:
      goProgram === undefined ? 'it takes minutes to build: `.ci/clients go` does it, once for a machine' : undefined,
    isOptional: true,
    command: [goProgram ?? ''],
  },
];

for (const { title, sources, pattern, missing, isOptional, command } of programs) {
  if (missing !== undefined) process.stderr.write(`skipped: ${title.trim()}: ${missing}\n`);
  if (missing !== undefined && isOptional === true) continue;
  describe.skipIf(missing !== undefined)(title, () => {
    let outcomes: Outcomes;
    beforeAll(async () => {
      const [program, ...args] = command;
      outcomes = await runCases(program, args, clusterEnvironment(cluster));
    });

    for (const name of casesIn(sources, pattern)) {
      it(name, () => {
        expect(outcomes.has(name)).toBe(true);
        expect(outcomes.get(name) ?? '').toBe('');
      });
    }
  });
}

describeHelm(() => cluster);
