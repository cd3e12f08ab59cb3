// The Docker runtime keeps the contract, with real containers; what only Docker can show follows it. Skipped, saying so,
// where no Docker answers.
import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { dockerRuntime } from '../../src/kubelet/index.ts';
import { silentLogger } from '../../src/lib/index.ts';
import { BUSYBOX_IMAGE, ensureBusyboxImage } from '../support/busybox-image.ts';
import { containerOf, runtimeContract, sandboxOf } from './runtime-contract.ts';
import { clock, until } from './support/cluster.ts';

const problem = await ensureBusyboxImage();
if (problem !== undefined) process.stdout.write(`Docker tests are skipped: ${problem}\n`);

const open = (cluster: string, node: string) => dockerRuntime({ cluster, node, clock, logger: silentLogger });
const docker = (...args: string[]): string => execFileSync('docker', args, { encoding: 'utf8' }).trim();

if (problem !== undefined) {
  describe.skip(`the Docker runtime: ${problem}`, () => {
    it('is not there', () => undefined);
  });
} else {
  runtimeContract({ name: 'docker', image: BUSYBOX_IMAGE, open, cleanUp: () => Promise.resolve() });

  describe('the Docker runtime besides', () => {
    const pod = { uid: `docker-${process.pid}`, namespace: 'contract', name: 'besides' };

    it('passes limits, environment, mounts and user on, joins the network of the sandbox, and ends it by its signal', async () => {
      const runtime = await open(`besides-${process.pid}`, 'node1');
      const sandbox = await runtime.createSandbox(sandboxOf(pod));
      const id = await runtime.createContainer(
        sandbox.id,
        containerOf(pod, BUSYBOX_IMAGE, ['httpd', '-f', '-p', '8080'], {
          env: [{ name: 'GREETING', value: 'hello there' }],
          resources: { cpuShares: 512, cpuLimitMilli: 250, memoryLimitBytes: 64 * 1024 * 1024, oomScoreAdjust: 500 },
          mounts: [{ hostPath: '/usr/bin', containerPath: '/mounted', readOnly: true }],
          security: {
            user: '1000:1000',
            supplementalGroups: ['2000'],
            privileged: false,
            readOnlyRootFilesystem: true,
            noNewPrivileges: true,
            capabilitiesAdd: [],
            capabilitiesDrop: ['ALL'],
            seccompUnconfined: false,
          },
          sharePids: 'pod',
        }),
      );
      try {
        await runtime.startContainer(id);
        const host = JSON.parse(docker('inspect', '--format', '{{json .HostConfig}}', id)) as Record<string, unknown>;
        expect(host).toMatchObject({ CpuShares: 512, CpuQuota: 25_000, Memory: 67_108_864, OomScoreAdj: 500 });
        // Its two outputs come in no order.
        const seen = await runtime.exec(
          id,
          [
            'sh',
            '-c',
            'echo $GREETING; id -u; id -G; test -x /mounted/env && echo mounted; touch /x 2> /dev/null || echo refused; ps',
          ],
          new AbortController().signal,
        );
        expect(seen.output).toContain('hello there\n1000\n1000 2000\nmounted');
        expect(seen.output).toContain('refused');
        expect(seen.output).toContain('/pause');
        const target = { pod, container: 'main', host: sandbox.ip ?? '', port: 8080 };
        await until(async () => (await runtime.probeTcp(target, 1_000)).success, 'the server is not reached');
        const answer = await runtime.probeHttp(target, { scheme: 'http', path: '/absent', headers: [] }, 1_000);
        expect(answer).toEqual({ success: false, detail: 'HTTP probe failed with statuscode: 404' });
        expect((await runtime.probeTcp({ ...target, port: 8081 }, 1_000)).success).toBe(false);
        await runtime.removeContainer(id);
        await runtime.stopSandbox(sandbox.id);
        expect(docker('inspect', '--format', '{{.State.ExitCode}}', sandbox.id)).toBe('0');
      } finally {
        await runtime.removeContainer(id);
        await runtime.removeSandbox(sandbox.id);
        await runtime.close();
      }
    });

    it('reports a command that there is not as a start that failed', async () => {
      const runtime = await open(`besides-${process.pid}`, 'node1');
      const sandbox = await runtime.createSandbox(sandboxOf(pod, 1));
      const id = await runtime.createContainer(
        sandbox.id,
        containerOf(pod, BUSYBOX_IMAGE, ['/no/such/program'], { attempt: 1 }),
      );
      try {
        await expect(runtime.startContainer(id)).rejects.toThrow(/no such file/);
        const [record] = (await runtime.pod(pod)).containers;
        expect(record).toMatchObject({ state: 'exited', exitCode: 128, startedAtMs: 0 });
      } finally {
        await runtime.removeContainer(id);
        await runtime.removeSandbox(sandbox.id);
        await runtime.close();
      }
    });

    it('touches no container that is not its own', async () => {
      const stranger = docker('run', '-d', BUSYBOX_IMAGE, 'sleep', '1000');
      const runtime = await open(`besides-${process.pid}`, 'node1');
      try {
        await runtime.removeContainer(stranger);
        await runtime.removeSandbox(stranger);
        expect(docker('inspect', '--format', '{{.State.Running}}', stranger)).toBe('true');
      } finally {
        docker('rm', '-f', stranger);
        await runtime.close();
      }
    });
  });
}
