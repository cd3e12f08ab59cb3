// kubectl against a cluster whose pods are real containers; Docker is asked at each step whether it agrees.
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
  beforeAll(async () => {
    up = await startUp(folder.path, '--port', '0', '--runtime', 'docker');
  });
  afterAll(async () => {
    await up.interrupt();
    folder.remove();
  });

  /** Containers of pods that Docker runs for this cluster. */
  async function running(): Promise<readonly string[]> {
    const { stdout } = await run('docker', [
      'ps',
      '--format',
      '{{.Names}} {{.Image}}',
      '--filter',
      'label=io.quorate.cluster',
    ]);
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
      const { stdout } = await run('docker', [
        'ps',
        '-a',
        '--format',
        '{{.Names}}',
        '--filter',
        'label=io.quorate.cluster',
      ]);
      return stdout.trim() === '' ? true : undefined;
    });
  });

  it('let a pod call the API with its service account, by name and certificate', async () => {
    const k = kubectl(up.status.kubeconfig);
    const script =
      'dir=/var/run/secrets/kubernetes.io/serviceaccount; test -s $dir/token && test -s $dir/ca.crt && cat $dir/namespace && echo " $KUBERNETES_SERVICE_HOST:$KUBERNETES_SERVICE_PORT" && nc -w 5 $KUBERNETES_SERVICE_HOST $KUBERNETES_SERVICE_PORT </dev/null && echo reached';
    await k.ok(`run caller --image=${BUSYBOX_IMAGE} --restart=Never --command --`, 'sh', '-c', script);
    await k.ok('wait pod/caller --for=jsonpath={.status.phase}=Succeeded --timeout=60s');
    expect(await k.ok('logs caller')).toMatch(/^default \S+:\d+\nreached\n$/);
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
