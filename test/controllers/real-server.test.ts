// The scenarios of the other files against the real API server over HTTP: what the controllers write is accepted, and means
// there what they think it means.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Deployment } from '../../src/api/index.ts';
import {
  CONFIG_MAPS,
  DEPLOYMENTS,
  ENDPOINT_SLICES,
  ENDPOINTS,
  EVENTS,
  isNotFound,
  NAMESPACES,
  NODES,
  nameOf,
  PODS,
  REPLICA_SETS,
  SERVICE_ACCOUNTS,
  SERVICES,
} from '../../src/client/index.ts';
import { configMap, deployment } from './support/harness.ts';
import { eventually, playKubelets, type RealServer, startRealServer } from './support/real-server.ts';

let server: RealServer;
let kubelets: AbortController;
let playing: Promise<void>;

beforeEach(async () => {
  server = await startRealServer();
  kubelets = new AbortController();
  await eventually(async () => (await server.client.get(NAMESPACES, { namespace: '', name: 'default' })) !== undefined);
  await eventually(async () => (await server.client.get(SERVICE_ACCOUNTS, inDefault('default'))) !== undefined);
  await server.client.create(NODES, { apiVersion: 'v1', kind: 'Node', metadata: { name: 'n1' } });
  playing = playKubelets(server, kubelets.signal);
});

afterEach(async () => {
  kubelets.abort();
  await playing;
  await server.stop();
});

const inDefault = (name: string) => ({ namespace: 'default', name });

async function change(edit: (spec: NonNullable<Deployment['spec']>) => object): Promise<void> {
  await eventually(async () => {
    const live = await server.client.get(DEPLOYMENTS, inDefault('web'));
    if (live.spec === undefined) throw new Error('a deployment has a spec');
    return server.client.update(DEPLOYMENTS, { ...live, spec: { ...live.spec, ...edit(live.spec) } });
  });
}

/** What `kubectl rollout status` waits for. */
async function rolledOut(replicas: number): Promise<void> {
  await eventually(async () => {
    const { metadata, status } = await server.client.get(DEPLOYMENTS, inDefault('web'));
    return (
      (status?.observedGeneration ?? 0) >= (metadata.generation ?? 0) &&
      status?.updatedReplicas === replicas &&
      status.replicas === replicas &&
      status.availableReplicas === replicas
    );
  });
}

async function gone(check: () => Promise<unknown>): Promise<void> {
  await eventually(async () => {
    try {
      await check();
      return false;
    } catch (error) {
      return isNotFound(error);
    }
  });
}

describe('against the real API server', () => {
  it('a Deployment is created, rolled, scaled, undone and deleted, and nothing is left of it', async () => {
    const { client } = server;
    await client.create(DEPLOYMENTS, deployment('web', 3, 'app:1'));
    await rolledOut(3);
    await change((spec) => ({
      template: { ...spec.template, spec: { containers: [{ name: 'main', image: 'app:2' }] } },
    }));
    await rolledOut(3);
    await change(() => ({ replicas: 5 }));
    await rolledOut(5);
    await change((spec) => ({
      template: { ...spec.template, spec: { containers: [{ name: 'main', image: 'app:1' }] } },
    }));
    await rolledOut(5);
    const pods = await client.list(PODS, { namespace: 'default' });
    expect(pods.items.filter(({ metadata }) => metadata.deletionTimestamp === undefined)).toHaveLength(5);
    const sets = await client.list(REPLICA_SETS, { namespace: 'default' });
    const revisions = sets.items.map(({ metadata }) => metadata.annotations?.['deployment.kubernetes.io/revision']);
    expect(revisions.sort()).toEqual(['2', '3']);
    const live = await client.get(DEPLOYMENTS, inDefault('web'));
    expect(live.status?.conditions?.map(({ type, status, reason }) => [type, status, reason]).sort()).toEqual([
      ['Available', 'True', 'MinimumReplicasAvailable'],
      ['Progressing', 'True', 'NewReplicaSetAvailable'],
    ]);
    expect(live.metadata.annotations?.['deployment.kubernetes.io/revision']).toBe('3');
    await eventually(async () => {
      const events = await client.list(EVENTS, { namespace: 'default' });
      return events.items.some(({ reason }) => reason === 'ScalingReplicaSet');
    });

    await client.delete(DEPLOYMENTS, inDefault('web'), { propagationPolicy: 'Background' });
    await eventually(async () => {
      const left = [...(await client.list(REPLICA_SETS)).items, ...(await client.list(PODS)).items];
      return left.length === 0;
    });
    expect(server.complaints).toEqual([]);
  });

  it('a foreground deletion waits for the pods, an orphaning one leaves them', async () => {
    const { client } = server;
    await client.create(DEPLOYMENTS, deployment('web', 2));
    await rolledOut(2);
    await client.delete(DEPLOYMENTS, inDefault('web'), { propagationPolicy: 'Foreground' });
    await gone(() => client.get(DEPLOYMENTS, inDefault('web')));
    expect((await client.list(REPLICA_SETS)).items).toEqual([]);
    await eventually(async () => (await client.list(PODS)).items.length === 0);

    await client.create(DEPLOYMENTS, deployment('web', 2));
    await rolledOut(2);
    await client.delete(DEPLOYMENTS, inDefault('web'), { propagationPolicy: 'Orphan' });
    await gone(() => client.get(DEPLOYMENTS, inDefault('web')));
    const [set] = (await client.list(REPLICA_SETS)).items;
    expect(set?.metadata.ownerReferences ?? []).toEqual([]);
    // A Deployment that comes back adopts what was left.
    await client.create(DEPLOYMENTS, deployment('web', 2));
    await rolledOut(2);
    const sets = (await client.list(REPLICA_SETS)).items;
    expect(sets.map(({ metadata }) => metadata.uid)).toEqual([set?.metadata.uid]);
    expect(server.complaints).toEqual([]);
  });

  it('a Service gets its slices and Endpoints, and takes them along', async () => {
    const { client } = server;
    await client.create(DEPLOYMENTS, deployment('web', 3));
    await client.create(SERVICES, {
      metadata: { name: 'web', namespace: 'default' },
      spec: { selector: { app: 'web' }, ports: [{ port: 80 }] },
    });
    const ofWeb = { namespace: 'default', labelSelector: 'kubernetes.io/service-name=web' };
    await eventually(async () => {
      const { items } = await client.list(ENDPOINT_SLICES, ofWeb);
      return items.length === 1 && items[0]?.endpoints?.filter(({ conditions }) => conditions?.ready).length === 3;
    });
    await eventually(async () => {
      const { subsets } = await client.get(ENDPOINTS, inDefault('web'));
      return subsets?.[0]?.addresses?.length === 3;
    });
    await client.delete(SERVICES, inDefault('web'));
    await gone(() => client.get(ENDPOINTS, inDefault('web')));
    await eventually(async () => (await client.list(ENDPOINT_SLICES, ofWeb)).items.length === 0);
    expect(server.complaints).toEqual([]);
  });

  it('a namespace gets its ServiceAccount and CA, and goes with all it contains', async () => {
    const { client } = server;
    await client.create(NAMESPACES, { metadata: { name: 'team' } });
    await eventually(() => client.get(SERVICE_ACCOUNTS, { namespace: 'team', name: 'default' }));
    await eventually(() => client.get(CONFIG_MAPS, { namespace: 'team', name: 'kube-root-ca.crt' }));
    const web = deployment('web', 2);
    await client.create(DEPLOYMENTS, { ...web, metadata: { name: 'web', namespace: 'team' } });
    await eventually(async () => (await client.list(PODS, { namespace: 'team' })).items.length === 2);
    await client.delete(NAMESPACES, { namespace: '', name: 'team' });
    await gone(() => client.get(NAMESPACES, { namespace: '', name: 'team' }));
    expect((await client.list(PODS, { namespace: 'team' })).items).toEqual([]);
    expect((await client.list(CONFIG_MAPS, { namespace: 'team' })).items).toEqual([]);
    expect(server.complaints).toEqual([]);
  });

  it('objects that lost their owners go, those of an owner in another namespace too', async () => {
    const { client } = server;
    const owner = await client.create(CONFIG_MAPS, configMap('owner'));
    const { name, uid } = owner.metadata;
    const ownerReferences = [{ apiVersion: 'v1', kind: 'ConfigMap', name, uid }];
    await client.create(CONFIG_MAPS, configMap('child', { ownerReferences }));
    await client.create(CONFIG_MAPS, configMap('abroad', { ownerReferences, namespace: 'kube-system' }));
    await gone(() => client.get(CONFIG_MAPS, { namespace: 'kube-system', name: 'abroad' }));
    await client.get(CONFIG_MAPS, inDefault('child'));
    await client.delete(CONFIG_MAPS, nameOf(owner));
    await gone(() => client.get(CONFIG_MAPS, inDefault('child')));
    expect(server.complaints).toEqual([]);
  });
});
