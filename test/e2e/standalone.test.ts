// The four components started by hand over plain HTTP, and a pod posted with curl's means.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findFreePorts } from '../../cluster/ports.ts';
import { eventually, QUORATE, quorate, scratch } from './support/command.ts';

interface Pod {
  readonly metadata: { readonly namespace: string };
  readonly spec: { readonly nodeName?: string };
  readonly status: { readonly phase: string; readonly podIP?: string };
}

describe('components started by hand', () => {
  const folder = scratch();
  const processes: ChildProcess[] = [];
  let api: string;

  beforeAll(async () => {
    const [port = 0] = await findFreePorts(1);
    api = `http://localhost:${port}`;
    start('apiserver', '--port', String(port), '--insecure', '--data-dir', join(folder.path, 'api'));
    await eventually('the API server to be ready', async () => ((await fetch(`${api}/readyz`)).ok ? true : undefined));
    start('controller-manager', '--api-server', api);
    start('scheduler', '--api-server', api);
    start('kubelet', '--node-name', 'node1', '--api-server', api, '--runtime', 'simulated', '--data-dir', folder.path);
  });
  afterAll(async () => {
    for (const child of processes.reverse()) {
      const ended = once(child, 'exit');
      if (child.exitCode === null && child.kill('SIGTERM')) await ended;
    }
    folder.remove();
  });

  function start(...args: string[]): void {
    processes.push(spawn(process.execPath, [QUORATE, ...args], { stdio: 'ignore' }));
  }

  it('run a pod that is posted without a namespace', async () => {
    const created = await post({
      metadata: { name: 'hello' },
      spec: { containers: [{ name: 'main', image: 'busybox:1.35', command: ['sleep', '600'] }] },
    });
    expect(created.status).toBe(201);
    expect(((await created.json()) as Pod).metadata.namespace).toBe('default');
    const running = await eventually('the pod to run', async () => {
      const pod = (await (await fetch(`${api}/api/v1/namespaces/default/pods/hello`)).json()) as Pod;
      return pod.status.phase === 'Running' ? pod : undefined;
    });
    expect(running.spec.nodeName).toBe('node1');
    expect(running.status.podIP).toMatch(/^10\.244\./);
  });

  it('take the namespace of a posted pod from its body', async () => {
    const created = await post({
      metadata: { name: 'other', namespace: 'kube-public' },
      spec: { containers: [{ name: 'main', image: 'x' }] },
    });
    expect(((await created.json()) as Pod).metadata.namespace).toBe('kube-public');
  });

  it('refuse to serve without certificates unless told to', async () => {
    const refused = await quorate('apiserver', '--port', '0', '--data-dir', join(folder.path, 'refused'));
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain('--insecure');
  });

  function post(pod: unknown): Promise<Response> {
    return fetch(`${api}/api/v1/pods`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ apiVersion: 'v1', kind: 'Pod', ...(pod as object) }),
    });
  }
});
