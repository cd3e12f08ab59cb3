// What simulated containers do by their command, and that their time goes on while the kubelet is away.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { simulatedRuntime } from '../../src/kubelet/index.ts';
import { execOutcome, stepsOf } from '../../src/kubelet/runtime/simulated/script.ts';
import { silentLogger } from '../../src/lib/index.ts';
import { manualClock } from '../support/manual-clock.ts';
import { containerOf, sandboxOf } from './runtime-contract.ts';

const brief = (argv: readonly string[]): string =>
  stepsOf(argv, (name) => (name === 'NAME' ? 'value' : ''))
    .map((step) => {
      switch (step.kind) {
        case 'print':
          return `print ${step.text}`;
        case 'wait':
          return `wait ${step.ms}`;
        case 'exit':
          return `exit ${step.code}`;
        default:
          return step.kind;
      }
    })
    .join(', ');

describe('a simulated command', () => {
  it.each<[readonly string[], string]>([
    [[], 'forever'],
    [['nginx', '-g', 'daemon off;'], 'forever'],
    [['true'], 'exit 0'],
    [['/bin/false'], 'exit 1'],
    [['sleep', '2.5'], 'wait 2500, exit 0'],
    [['busybox', 'sleep', '1m'], 'wait 60000, exit 0'],
    [['sleep', 'infinity'], 'forever'],
    [['echo', 'a', 'b'], 'print a b, exit 0'],
    [['sh', '-c', 'exit 3'], 'exit 3'],
    [['/bin/bash', '-ec', 'echo "hello world"; sleep 1 && exit 300'], 'print hello world, wait 1000, exit 44'],
    [['sh', '-c', 'false; echo on'], 'print on, exit 0'],
    [['sh', '-c', 'false && echo no'], 'exit 1'],
    [['sh', '-c', 'while true; do sleep 1; done'], 'forever'],
    [['sh', '-c', `echo $NAME-\${NAME}$UNSET`], 'print value-value, exit 0'],
    [['sh', '-c', 'echo $(hostname)'], 'forever'],
  ])('%j does: %s', (argv, expected) => {
    expect(brief(argv)).toBe(expected);
  });

  it('decides how a probe ends', () => {
    expect(execOutcome(['sh', '-c', 'echo bad; exit 1'])).toEqual({ exitCode: 1, output: 'bad' });
    expect(execOutcome(['pg_isready'])).toEqual({ exitCode: 0, output: '' });
  });
});

describe('the simulated runtime on a clock', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'quorate-script-'));
  });
  afterEach(() => rmSync(directory, { recursive: true }));
  const never = new AbortController().signal;
  const pod = { uid: 'u', namespace: 'n', name: 'p' };

  it('lets a container end at its time, also while it was closed', async () => {
    const clock = manualClock();
    const options = { cluster: 'c', node: 'n1', nodeIndex: 0, directory, clock, logger: silentLogger };
    const first = await simulatedRuntime(options);
    const pulled = first.pullImage('busybox:1.35', never);
    clock.advance(100);
    await pulled;
    const sandbox = await first.createSandbox(sandboxOf(pod));
    const id = await first.createContainer(
      sandbox.id,
      containerOf(pod, 'busybox:1.35', ['sh', '-c', 'sleep 60; exit 5']),
    );
    const started = first.startContainer(id);
    clock.advance(100);
    await started;
    const startedAtMs = clock.now();
    clock.advance(59_000);
    expect((await first.pod(pod)).containers[0]?.state).toBe('running');
    await first.close();
    clock.advance(3_600_000);
    const second = await simulatedRuntime(options);
    expect((await second.pod(pod)).containers[0]).toMatchObject({
      state: 'exited',
      exitCode: 5,
      finishedAtMs: startedAtMs + 60_000,
    });
    await second.close();
  });

  it('refuses a state file that is damaged, and says what to do', async () => {
    writeFileSync(join(directory, 'simulated.json'), '{"format":1');
    const options = { cluster: 'c', node: 'n1', nodeIndex: 0, directory, clock: manualClock(), logger: silentLogger };
    await expect(simulatedRuntime(options)).rejects.toMatchObject({
      remedy: expect.stringContaining('Remove the file'),
    });
  });
});
