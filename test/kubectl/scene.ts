// Where a transcript is played: three servers of the built command and two workers whose pods run in virtual form. Each command
// goes to a server at random.
import { execFile } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { ClusterUnderTest } from '../../chaos/index.ts';
import { type Clock, type Prng, prng, sleep, systemClock } from '../../src/lib/index.ts';
import type { Finished } from '../e2e/support/command.ts';
import { threeServers } from '../e2e/support/three-servers.ts';
import { matches } from './match.ts';
import type { TranscriptCase, TranscriptCommand } from './transcript.ts';

const COMMAND_LIMIT_MS = 60_000;
const UNTIL_LIMIT_MS = 45_000;
const UNTIL_PAUSE_MS = 200;
const OUTPUT_LIMIT_BYTES = 64 * 1024 * 1024;
/** Those that servers leave to whoever asks for them by number. */
const FIRST_NODE_PORT = 30_001;
const NODE_PORTS = 80;

/** What is told apart between cases that are played at the same time. */
interface CaseNames {
  readonly namespace: string;
  readonly port: number;
}

export interface Stage {
  /** Plays a case with that binary. Throws what a command printed where it is not what was expected. */
  play(played: TranscriptCase, binary: string): Promise<void>;
  stop(): Promise<void>;
}

export async function openStage(seed: number): Promise<Stage> {
  const cluster = await threeServers(2);
  const servers = cluster.running.topology.servers.map(({ id }) => cluster.urlOf(id));
  const admin = cluster.balancedClient();
  const home = mkdtempSync(join(tmpdir(), 'quorate-kubectl-home-'));
  const random = prng(seed);
  let played = 0;
  return {
    async play(one, binary) {
      const names = {
        namespace: `case-${++played}-${random.uint32().toString(36)}`,
        port: FIRST_NODE_PORT + (played % NODE_PORTS),
      };
      const { namespace } = names;
      await admin.send('POST', '/api/v1/namespaces', { metadata: { name: namespace } });
      const folder = mkdtempSync(join(tmpdir(), 'quorate-kubectl-'));
      try {
        const shell = openShell(cluster, { folder, home, ...names, binary, servers, random });
        for (const step of one.steps) {
          if (step.kind === 'command') await playCommand(step, shell, names);
          else putFile(join(shell.folder, step.name), step.content);
        }
      } finally {
        await admin.send('DELETE', `/api/v1/namespaces/${namespace}`);
        rmSync(folder, { recursive: true, force: true });
      }
    },
    async stop() {
      admin.close();
      rmSync(home, { recursive: true, force: true });
      await cluster.stop();
    },
  };
}

interface ShellOptions extends CaseNames {
  readonly folder: string;
  /** Where kubectl keeps what it has discovered: for all cases. */
  readonly home: string;
  readonly binary: string;
  readonly servers: readonly string[];
  readonly random: Prng;
}

interface Shell {
  /** Where its commands run. */
  readonly folder: string;
  run(text: string): Promise<Finished>;
}

/** A folder for the commands to work in, and one with what they need: kubectl under its name, and a kubeconfig for each server. */
function openShell(
  cluster: ClusterUnderTest,
  { folder, home, namespace, port, binary, servers, random }: ShellOptions,
): Shell {
  const tools = join(folder, 'tools');
  const work = join(folder, 'work');
  mkdirSync(tools);
  mkdirSync(work);
  symlinkSync(binary, join(tools, 'kubectl'));
  const kubeconfig = readFileSync(cluster.running.layout.kubeconfig, 'utf8');
  const configs = servers.map((url, at) => {
    const path = join(tools, `kubeconfig-${at}`);
    writeFileSync(path, kubeconfigFor(kubeconfig, url, namespace));
    chmodSync(path, 0o600);
    return path;
  });
  const run = (text: string): Promise<Finished> => {
    const env = {
      ...process.env,
      PATH: `${tools}:${process.env['PATH'] ?? ''}`,
      HOME: home,
      KUBECONFIG: random.pick(configs),
      NS: namespace,
      PORT: String(port),
      // Columns and sorting as everywhere.
      LC_ALL: 'C.UTF-8',
      TZ: 'UTC',
    };
    return new Promise((resolve) => {
      execFile(
        'bash',
        ['-c', text],
        { cwd: work, env, maxBuffer: OUTPUT_LIMIT_BYTES, timeout: COMMAND_LIMIT_MS },
        (error, stdout, stderr) => {
          const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 1;
          resolve({ code, stdout, stderr });
        },
      );
    });
  };
  return { folder: work, run };
}

/** The administrator's, with another server and namespace. */
function kubeconfigFor(kubeconfig: string, url: string, namespace: string): string {
  return kubeconfig
    .replace(/^(\s*)server: .*$/m, `$1server: ${url}`)
    .replace(/^(\s*)user: (.*)$/m, `$1namespace: ${namespace}\n$1user: $2`);
}

function putFile(path: string, content: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
}

async function playCommand(command: TranscriptCommand, shell: Shell, names: CaseNames): Promise<void> {
  const clock: Clock = systemClock();
  const deadlineMs = clock.monotonic() + UNTIL_LIMIT_MS;
  for (;;) {
    const result = await shell.run(command.text);
    if (isExpected(command, result, names)) return;
    if (command.mode !== 'until' || clock.monotonic() > deadlineMs) throw new Error(difference(command, result));
    await sleep(clock, UNTIL_PAUSE_MS);
  }
}

function isExpected(command: TranscriptCommand, { code, stdout, stderr }: Finished, names: CaseNames): boolean {
  if (code !== command.exitCode) return false;
  if (command.mode === 'ignore') return true;
  return matches(command.stdout, stdout, names) && matches(command.stderr, stderr, names);
}

function difference(command: TranscriptCommand, { code, stdout, stderr }: Finished): string {
  const expected = [...command.stdout, ...command.stderr.map((line) => `! ${line}`), `exit ${command.exitCode}`];
  const errors = stderr === '' ? [] : stderr.trimEnd().split('\n');
  const actual = [stdout.trimEnd(), ...errors.map((line) => `! ${line}`), `exit ${code}`];
  return `line ${command.line}: ${command.text}\n--- expected\n${expected.join('\n')}\n--- printed\n${actual.join('\n')}`;
}
