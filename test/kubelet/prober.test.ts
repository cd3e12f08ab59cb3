// What a prober makes of answers, of failures, and of probes that could not be asked.
import { describe, expect, it } from 'vitest';
import type { Container, Pod, Probe, Served } from '../../src/api/index.ts';
import { Prober } from '../../src/kubelet/probes/prober.ts';
import type { ContainerRecord, ContainerRuntime, ExecResult } from '../../src/kubelet/runtime/port.ts';
import { prng } from '../../src/lib/index.ts';
import { manualClock } from '../support/manual-clock.ts';

const FOREVER = new Promise<ExecResult>(() => undefined);

/** A prober that asks a container with one liveness probe each second; `exec` is what the runtime does. */
function start(liveness: Probe, exec: (signal: AbortSignal) => Promise<ExecResult>) {
  const clock = manualClock();
  const complaints: string[] = [];
  const runtime = {
    exec: (_id: string, _command: readonly string[], signal: AbortSignal) => exec(signal),
    probeHttp: () => Promise.resolve({ success: false, detail: 'it was asked' }),
  } as unknown as ContainerRuntime;
  const prober = new Prober({
    runtime,
    clock,
    random: prng(1),
    changed: () => undefined,
    unhealthy: (_pod, _container, kind, complaint) => complaints.push(`${kind} ${complaint}`),
  });
  const container: Container = { name: 'main', image: 'i', livenessProbe: { periodSeconds: 1, ...liveness } };
  const pod: Served<Pod> = {
    metadata: { name: 'p', namespace: 'n', uid: 'u', resourceVersion: '1', creationTimestamp: '' },
    spec: { containers: [container] },
  };
  const record: ContainerRecord = {
    id: 'c',
    name: 'main',
    attempt: 0,
    state: 'running',
    createdAtMs: clock.now(),
    startedAtMs: clock.now(),
    finishedAtMs: 0,
    exitCode: 0,
    oomKilled: false,
    error: '',
    image: 'i',
    imageId: 'i',
    notes: {},
  };
  const failed = () => prober.observe(pod, '10.0.0.1', [record]).get('c')?.failed;
  const pass = async (seconds: number): Promise<void> => {
    for (let step = 0; step < seconds * 10; step++) {
      clock.advance(100);
      for (let turn = 0; turn < 10; turn++) await Promise.resolve();
    }
  };
  failed();
  return { complaints, failed, pass };
}

describe('a prober', () => {
  it('counts a command that ends with another code than 0 as a failure', async () => {
    const exec = () => Promise.resolve({ exitCode: 1, output: 'no' });
    const { failed, pass, complaints } = start({ exec: { command: ['check'] }, failureThreshold: 2 }, exec);
    await pass(1);
    expect(failed()).toBeUndefined();
    await pass(2);
    expect(failed()).toBe('liveness');
    expect(complaints).toContain('liveness failed: no');
  });

  it('counts a command that takes too long as a failure', async () => {
    const exec = (signal: AbortSignal) =>
      new Promise<ExecResult>((_resolve, reject) =>
        signal.addEventListener('abort', () => reject(new Error('given up'))),
      );
    const { failed, pass, complaints } = start({ exec: { command: ['check'] }, failureThreshold: 1 }, exec);
    await pass(2);
    expect(failed()).toBe('liveness');
    expect(complaints).toEqual(['liveness failed: command ["check"] timed out']);
  });

  it('discards a command that the runtime could not run, and does not forget the failures before it', async () => {
    const answers = ['broken', 'broken', 'broken', 'no', 'broken', 'no'];
    const exec = (): Promise<ExecResult> => {
      const answer = answers.shift();
      if (answer === undefined) return FOREVER;
      if (answer === 'broken') return Promise.reject(new Error('the daemon does not answer'));
      return Promise.resolve({ exitCode: 1, output: answer });
    };
    const { failed, pass, complaints } = start({ exec: { command: ['check'] }, failureThreshold: 2 }, exec);
    await pass(5);
    expect(answers).toEqual(['no']);
    expect(failed()).toBeUndefined();
    expect(complaints[0]).toBe('liveness errored and resulted in unknown state: the daemon does not answer');
    await pass(2);
    expect(failed()).toBe('liveness');
  });

  it('discards a probe whose named port the container does not have', async () => {
    const probe = { httpGet: { port: 'web' }, failureThreshold: 1 };
    const { failed, pass, complaints } = start(probe, () => FOREVER);
    await pass(3);
    expect(failed()).toBeUndefined();
    expect(complaints[0]).toBe("liveness errored and resulted in unknown state: couldn't find port: web");
  });
});
