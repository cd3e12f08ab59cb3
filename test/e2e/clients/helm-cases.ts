// The life of a release, as Helm 3 and Helm 4 drive it: hooks and waiting, three-way merges over what others changed, a failure,
// rollback, uninstalling. Jobs have no controller here yet: the test completes them, as the controller would.
import { afterAll, describe, expect, it } from 'vitest';
import type { ClusterUnderTest } from '../../../chaos/index.ts';
import { eventually, scratch } from '../support/command.ts';
import { CHART, type Helm, type HelmProgram, helm, helmProgram } from './helm.ts';

/** An object as far as these tests look into it. */
interface Found {
  readonly metadata: {
    readonly name: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly uid: string;
  };
  readonly type?: string;
  readonly data?: Readonly<Record<string, string>>;
  readonly items?: readonly Found[];
  readonly spec?: {
    readonly replicas?: number;
    readonly template?: {
      readonly spec: { readonly containers: readonly { readonly env: readonly { readonly name: string }[] }[] };
    };
    readonly ports?: readonly { readonly name: string }[];
  };
  readonly status?: { readonly startTime?: string };
}

const WAIT = '--wait --timeout 180s';

/** Helm 4 applies on the server unless it is told not to; both ways are in use. */
const FORMS = [
  { major: 3, flags: '', title: 'by three-way patches' },
  { major: 4, flags: '--server-side=false', title: 'by three-way patches' },
  { major: 4, flags: '', title: 'by server-side apply' },
] as const;

export function describeHelm(cluster: () => ClusterUnderTest): void {
  for (const [index, { major, flags, title }] of FORMS.entries()) {
    const program = helmProgram(major);
    if (program === undefined) process.stderr.write(`skipped: Helm ${major}: .ci/clients has not installed it\n`);
    // Most of their time is waiting, so they run side by side; the steps of one release follow each other.
    describe.skipIf(program === undefined).concurrent(`Helm ${program?.version ?? major} ${title}`, () => {
      if (program !== undefined) releaseLife(cluster, program, { namespace: `helm-${index}`, flags });
    });
  }
}

interface Place {
  readonly namespace: string;
  readonly flags: string;
}

function releaseLife(cluster: () => ClusterUnderTest, program: HelmProgram, { namespace, flags }: Place): void {
  const folder = scratch();
  afterAll(() => folder.remove());
  let made: Helm | undefined;
  const run = (): Helm => {
    const { running } = cluster();
    const servers = running.topology.servers.map(({ id }) => cluster().urlOf(id));
    made ??= helm(program, { kubeconfig: running.layout.kubeconfig, namespace, servers, folder: folder.path });
    return made;
  };
  const applying = flags === '' ? '' : ` ${flags}`;
  const ask = async (method: string, path: string, body?: unknown): Promise<Found | undefined> => {
    const answer = await cluster().balancer.send(method, path, body);
    if (answer.kind !== 'answered') throw new Error(answer.reason);
    if (answer.status === 404) return undefined;
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${answer.body}`);
    return JSON.parse(answer.body) as Found;
  };
  const patch = async (path: string, body: unknown): Promise<void> => {
    const type = 'application/strategic-merge-patch+json';
    const answer = await cluster().balancer.sendText('PATCH', path, JSON.stringify(body), type);
    if (answer.kind !== 'answered' || answer.status >= 300) throw new Error(JSON.stringify(answer));
  };
  const core = `/api/v1/namespaces/${namespace}`;
  const deployment = `/apis/apps/v1/namespaces/${namespace}/deployments/shop`;
  const environment = async (): Promise<string[]> =>
    ((await ask('GET', deployment))?.spec?.template?.spec.containers[0]?.env ?? []).map(({ name }) => name);

  it.sequential('installs, runs its hooks in order, and waits until what it made is ready', async () => {
    const installing = run().ok(`install shop ${CHART} --create-namespace ${WAIT}${applying}`);
    const job = `/apis/batch/v1/namespaces/${namespace}/jobs/shop-before`;
    await Promise.race([eventually('the hook', () => ask('GET', job)), installing]);
    expect(await ask('GET', deployment)).toBeUndefined();
    const now = new Date().toISOString().replace(/\.\d+/, '');
    const condition = (type: string): object => ({ type, status: 'True', lastProbeTime: now, lastTransitionTime: now });
    const finished = { startTime: now, completionTime: now, succeeded: 1 };
    await patch(`${job}/status`, {
      status: { ...finished, conditions: [condition('SuccessCriteriaMet'), condition('Complete')] },
    });
    expect(await installing).toContain('STATUS: deployed');
    expect((await ask('GET', `${core}/configmaps/shop`))?.data).toMatchObject({ policy: 'true', found: 'nothing' });
    expect(await ask('GET', `${core}/pods/shop-after`)).toBeUndefined();
    expect(await ask('GET', job)).toBeDefined();
  });

  it.sequential('keeps its releases in secrets, which it finds by their labels', async () => {
    const secrets = await ask('GET', `${core}/secrets?labelSelector=owner%3Dhelm%2Cstatus%3Ddeployed`);
    expect(secrets?.items?.map(({ metadata, type }) => [metadata.name, metadata.labels?.['version'], type])).toEqual([
      ['sh.helm.release.v1.shop.v1', '1', 'helm.sh/release.v1'],
    ]);
    expect(JSON.parse(await run().ok('list -o json'))).toMatchObject([
      { name: 'shop', revision: '1', status: 'deployed' },
    ]);
    expect(await run().ok('get values shop')).toContain('null');
  });

  it.sequential('upgrades: what the chart says changes, what others added stays, what the chart drops is deleted', async () => {
    const container = { name: 'main', env: [{ name: 'BY_OTHERS', value: '1' }] };
    await patch(deployment, { spec: { template: { spec: { containers: [container] } } } });
    expect(await environment()).toContain('ONLY_RED');
    await run().ok(`upgrade shop ${CHART} --set jobs=false,colour=green,replicas=1 ${WAIT}${applying}`);
    expect((await environment()).sort()).toEqual(['BY_OTHERS', 'COLOUR']);
    const service = await ask('GET', `${core}/services/shop`);
    expect(service?.spec?.ports?.map(({ name }) => name)).toEqual(['http', 'metrics']);
    const policies = `/apis/networking.k8s.io/v1/namespaces/${namespace}/networkpolicies`;
    expect((await ask('GET', policies))?.items).toEqual([]);
  });

  it.sequential('says what the server refuses, and records the failure', async () => {
    const failed = await run()(`upgrade shop ${CHART} --set jobs=false,hooks=false,replicas=-1${applying}`);
    expect(failed.code).toBe(1);
    expect(failed.stderr).toContain('UPGRADE FAILED');
    expect(failed.stderr).toContain(
      'Deployment.apps "shop" is invalid: spec.replicas: Invalid value: -1: must be greater than or equal to 0',
    );
    const history = JSON.parse(await run().ok('history shop -o json')) as { readonly status: string }[];
    expect(history.map(({ status }) => status)).toEqual(['superseded', 'deployed', 'failed']);
  });

  it.sequential('rolls back to what was, runs its tests, and refuses to take what another release owns', async () => {
    await run().ok(`rollback shop 1 ${WAIT}`);
    expect((await ask('GET', deployment))?.spec?.replicas).toBe(2);
    expect(await environment()).toContain('ONLY_RED');
    expect(await run().ok('test shop')).toMatch(/Phase: +Succeeded/);
    const taken = await run()(`install other ${CHART} --set jobs=false,hooks=false,configMap=shop${applying}`);
    expect(taken.code).toBe(1);
    expect(taken.stderr).toContain(`ConfigMap "shop" in namespace "${namespace}" exists and cannot be imported`);
  });

  it.sequential('uninstalls: everything goes that the release made', async () => {
    await run().ok('uninstall shop --wait --timeout 180s');
    expect(await ask('GET', deployment)).toBeUndefined();
    expect(await ask('GET', `${core}/services/shop`)).toBeUndefined();
    const secrets = await ask('GET', `${core}/secrets?labelSelector=owner%3Dhelm`);
    expect(secrets?.items).toEqual([]);
    expect(JSON.parse(await run().ok('list --filter ^shop$ -o json'))).toEqual([]);
  });
}
