// kubectl against a cluster whose pods are real containers; Docker is asked at each step whether it agrees.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BUSYBOX_IMAGE, ensureBusyboxImage } from '../support/busybox-image.ts';
import { eventually, run, scratch, startUp, type Up } from './support/command.ts';
import { deploymentSequence } from './support/deployment-sequence.ts';
import { kubectl, kubectlMissing } from './support/kubectl.ts';

const missing = kubectlMissing ?? (await ensureBusyboxImage());
if (missing !== undefined) process.stderr.write(`skipped: kubectl with real containers: ${missing}\n`);

describe.skipIf(missing !== undefined)('kubectl and Docker', () => {
  const folder = scratch();
  let up: Up;
  /** Other clusters may use the same daemon. */
  let ours: readonly string[];
  beforeAll(async () => {
    up = await startUp(folder.path, '--port', '0', '--runtime', 'docker');
    const { clusterId } = JSON.parse(readFileSync(join(folder.path, 'cluster.json'), 'utf8')) as { clusterId: string };
    ours = ['--filter', `label=io.quorate.cluster=${clusterId}`];
  });
  afterAll(async () => {
    await up.interrupt();
    folder.remove();
  });

  /** Containers of pods that Docker runs for this cluster. */
  async function running(): Promise<readonly string[]> {
    const { stdout } = await run('docker', ['ps', '--format', '{{.Names}} {{.Image}}', ...ours]);
    return stdout.split('\n').filter((line) => line.includes(BUSYBOX_IMAGE));
  }

  it('agree at each step of a deployment’s life, and nothing is left after the delete', async () => {
    await deploymentSequence(kubectl(up.status.kubeconfig), 'web', {
      logs: /^/,
      agrees: async (count) => {
        await eventually(`${count} containers in docker ps`, async () =>
          (await running()).length === count ? true : undefined,
        );
      },
    });
    await eventually('no container at all', async () => {
      const { stdout } = await run('docker', ['ps', '-a', '--format', '{{.Names}}', ...ours]);
      return stdout.trim() === '' ? true : undefined;
    });
  });

  it('let a pod reach the API, and give it a token and an authority that the API answers to', async () => {
    const k = kubectl(up.status.kubeconfig);
    const script = [
      'cd /var/run/secrets/kubernetes.io/serviceaccount',
      'nc -w 5 $KUBERNETES_SERVICE_HOST $KUBERNETES_SERVICE_PORT </dev/null && echo reached',
      'echo $KUBERNETES_SERVICE_HOST:$KUBERNETES_SERVICE_PORT && cat namespace && echo && cat token && echo && cat ca.crt',
    ].join('; ');
    await k.ok(`run caller --image=${BUSYBOX_IMAGE} --restart=Never --command --`, 'sh', '-c', script);
    await k.ok('wait pod/caller --for=jsonpath={.status.phase}=Succeeded --timeout=60s');
    const [reached, address, namespace, token, ...ca] = (await k.ok('logs caller')).split('\n');
    expect([reached, namespace]).toEqual(['reached', 'default']);
    const caFile = join(folder.path, 'pod-ca.crt');
    writeFileSync(caFile, ca.join('\n'));
    const url = `https://${address}/api/v1/namespaces/default`;
    const answer = await run('curl', ['-sS', '--cacert', caFile, '-H', `Authorization: Bearer ${token}`, url]);
    expect(JSON.parse(answer.stdout)).toMatchObject({ kind: 'Namespace' });
    await k.ok('delete pod caller');
  });

  it('show the output of a container, and its exit code when it fails', async () => {
    const k = kubectl(up.status.kubeconfig);
    await k.ok(`run failing --image=${BUSYBOX_IMAGE} --restart=Never --command --`, 'sh', '-c', 'echo said; exit 7');
    await k.ok('wait pod/failing --for=jsonpath={.status.phase}=Failed --timeout=60s');
    expect(await k.ok('logs failing')).toBe('said\n');
    expect(await k.ok('get pod failing -o', 'jsonpath={.status.containerStatuses[0].state.terminated.exitCode}')).toBe(
      '7',
    );
    await k.ok('delete pod failing');
  });
});
