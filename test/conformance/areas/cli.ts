// What kubectl does with a cluster, as its users see it. Behaviours 159, 160, 162 and 164 to 171.
import { writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { expect } from 'vitest';
import { eventually, scratch } from '../../e2e/support/command.ts';
import { behaviour, type Scene } from '../behaviour.ts';
import { CONTAINER, core, create, pod, podCount, podsOf, TEMPLATE, workload } from '../objects.ts';
import type { Body } from '../raw-client.ts';

const OTHER_IMAGE = 'busybox:1.36';

/** Runs kubectl in the scene's namespace, throws what it said when it fails, and answers what it printed. */
async function ok({ kubectl, namespace }: Scene, line: string, ...more: string[]): Promise<string> {
  const { code, stdout, stderr } = await kubectl(`--namespace ${namespace} ${line}`, ...more);
  if (code !== 0) throw new Error(`kubectl ${line} ended with ${code}: ${stderr}${stdout}`);
  return stdout;
}

/** Puts an object into a file, for as long as `use` takes. */
async function withFile(object: object, use: (path: string) => Promise<void>): Promise<void> {
  const folder = scratch();
  try {
    const path = join(folder.path, 'object.json');
    writeFileSync(path, JSON.stringify(object));
    await use(path);
  } finally {
    folder.remove();
  }
}

function imageOf(object: Body): string | undefined {
  return (object.spec as { containers?: { image?: string }[] }).containers?.[0]?.image;
}

behaviour('CB-159', async (scene) => {
  expect((await ok(scene, 'api-versions')).split('\n')).toContain('v1');
});

behaviour('CB-160', async (scene) => {
  const said = await ok(scene, 'cluster-info');
  expect(said).toMatch(/Kubernetes control plane.* is running at .*https:\/\/127\.0\.0\.1:\d+/);
});

behaviour('CB-162', async (scene) => {
  await create(scene, 'Deployment', workload('Deployment', 'shown', { replicas: 1 }));
  const template = { ...TEMPLATE, spec: { ...TEMPLATE.spec, containers: [{ ...CONTAINER, image: OTHER_IMAGE }] } };
  await withFile(workload('Deployment', 'shown', { replicas: 1, template }), async (path) => {
    const { code, stdout } = await scene.kubectl(`--namespace ${scene.namespace} diff -f ${path}`);
    expect(code).toBe(1);
    expect(stdout).toMatch(new RegExp(`^- +- image: ${CONTAINER.image}$|^- +image: ${CONTAINER.image}$`, 'm'));
    expect(stdout).toMatch(new RegExp(`^\\+ +- image: ${OTHER_IMAGE}$|^\\+ +image: ${OTHER_IMAGE}$`, 'm'));
  });
});

behaviour('CB-164', async (scene) => {
  await create(scene, 'Pod', pod('shown'));
  await ok(scene, 'label pods shown testing-label=testing-label-value');
  expect(await ok(scene, 'get pod shown -L testing-label')).toContain('testing-label-value');
  expect(await ok(scene, 'get pods -l testing-label=testing-label-value -o name')).toBe('pod/shown\n');
  await ok(scene, 'label pods shown testing-label-');
  expect(await ok(scene, 'get pod shown -L testing-label')).not.toContain('testing-label-value');
  expect(await ok(scene, 'get pods -l testing-label=testing-label-value -o name')).toBe('');
});

behaviour('CB-165', async (scene) => {
  await create(scene, 'ReplicationController', workload('ReplicationController', 'shown', { replicas: 2 }));
  for (const { metadata } of await podCount(scene, 2))
    await ok(scene, `patch pod ${metadata.name} -p`, '{"metadata":{"annotations":{"x":"y"}}}');
  for (const { metadata } of await podsOf(scene)) expect(metadata.annotations).toMatchObject({ x: 'y' });
});

behaviour('CB-166', async (scene) => {
  const { raw, namespace } = scene;
  await ok(scene, `run shown --image=${CONTAINER.image} --labels=run=shown --command -- sleep 3600`);
  const path = `${core(namespace, 'pods')}/shown`;
  await eventually('the pod to run', async () => {
    const { status } = await raw.ok<Body & { status?: { phase?: string } }>('GET', path);
    return status?.phase === 'Running' ? true : undefined;
  });
  // The kubelet writes its status meanwhile: whoever replaces what it has read may have to do it again.
  await eventually('the pod to be replaced', async () => {
    const text = await ok(scene, 'get pod shown -o json');
    const object = JSON.parse(text.replaceAll(`"${CONTAINER.image}"`, `"${OTHER_IMAGE}"`)) as object;
    let isReplaced = false;
    await withFile(object, async (file) => {
      const { code, stderr } = await scene.kubectl(`--namespace ${namespace} replace -f ${file}`);
      isReplaced = code === 0;
      if (!isReplaced) expect(stderr).toContain('the object has been modified');
    });
    return isReplaced ? true : undefined;
  });
  expect(imageOf(await raw.ok('GET', path))).toBe(OTHER_IMAGE);
});

behaviour('CB-167', async (scene) => {
  await ok(scene, `run shown --restart=Never --pod-running-timeout=2m0s --image=${CONTAINER.image}`);
  const shown = await scene.raw.ok('GET', `${core(scene.namespace, 'pods')}/shown`);
  expect(shown.spec).toMatchObject({ restartPolicy: 'Never', containers: [{ image: CONTAINER.image }] });
  expect((shown.spec as { containers: object[] }).containers).toHaveLength(1);
});

behaviour('CB-168', async (scene) => {
  await ok(scene, `run shown --image=${CONTAINER.image} --labels=run=shown --command -- sleep 3600`);
  const patch = JSON.stringify({ spec: { containers: [{ name: 'shown', image: OTHER_IMAGE }] } });
  expect(await ok(scene, 'patch pod shown --dry-run=server -p', patch)).toMatch(/^pod\/shown patched/);
  expect(imageOf(await scene.raw.ok('GET', `${core(scene.namespace, 'pods')}/shown`))).toBe(CONTAINER.image);
});

behaviour('CB-169', async (scene) => {
  const { clientVersion, serverVersion } = JSON.parse(await ok(scene, 'version -o json')) as Record<string, object>;
  for (const version of [clientVersion, serverVersion])
    expect(version).toMatchObject({
      major: expect.stringMatching(/^\d$/),
      minor: expect.stringMatching(/^\d+\+?$/),
      gitVersion: expect.stringMatching(/^v\d\.\d+\.[\d\w\-.+]+$/),
      gitCommit: expect.stringMatching(/^[0-9a-f]+$/),
    });
  const said = await ok(scene, 'version');
  expect(said).toMatch(/^Client Version: v1\.\d+\.\d+/m);
  expect(said).toMatch(/^Server Version: v1\.36\.\d+/m);
});

/** What GET /api/ answers through a proxy that kubectl runs. */
function apiVersionsThrough(place: { socketPath: string } | { port: number }): Promise<object> {
  return new Promise((resolve, reject) => {
    const call = request({ ...place, host: '127.0.0.1', path: '/api/' }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('error', reject);
      response.on('end', () => resolve(JSON.parse(text) as object));
    });
    call.on('error', reject);
    call.end();
  });
}

behaviour('CB-170', async (scene) => {
  const folder = scratch();
  try {
    const socketPath = join(folder.path, 'proxy.sock');
    await scene.withKubectl(`proxy --unix-socket=${socketPath}`, async (said) => {
      expect(said).toBe(`Starting to serve on ${socketPath}`);
      expect(await apiVersionsThrough({ socketPath })).toMatchObject({ kind: 'APIVersions', versions: ['v1'] });
    });
  } finally {
    folder.remove();
  }
});

behaviour('CB-171', async (scene) => {
  await scene.withKubectl('proxy --port=0 --disable-filter=true', async (said) => {
    const port = Number(/^Starting to serve on 127\.0\.0\.1:(\d+)$/.exec(said)?.[1]);
    expect(await apiVersionsThrough({ port })).toMatchObject({ kind: 'APIVersions', versions: ['v1'] });
  });
});
