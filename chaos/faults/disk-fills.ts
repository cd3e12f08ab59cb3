// A server's own disk fills up as bar 11 has it: first into its reserve, where deletions are still taken and creations are not;
// then entirely, and the server goes out; then there is room again, and it comes back.
import { type Clock, sleep } from '../../src/lib/index.ts';
import type { ClusterUnderTest } from '../cluster-under-test.ts';
import { IN_RESERVE_BYTES, OUT_PATIENCE_MS, POLL_MS, RESERVE_NOTICED_MS, SOAK_REQUEST_TIMEOUT_MS } from '../limits.ts';
import { NAMESPACE } from '../workloads/recorded-client.ts';
import type { Harm } from './harm.ts';
import type { PlannedFault } from './plan.ts';

const PATH = `/api/v1/namespaces/${NAMESPACE}/configmaps`;
const INSUFFICIENT_STORAGE = 507;

interface Field {
  readonly cluster: ClusterUnderTest;
  readonly clock: Clock;
}

export async function diskFills(field: Field, server: string, planned: PlannedFault): Promise<Harm> {
  const { cluster, clock } = field;
  const disk = cluster.disks.of(server);
  const name = `unneeded-${planned.seed}`;
  const client = cluster.clientOf(server, SOAK_REQUEST_TIMEOUT_MS);
  const broken: string[] = [];
  const expect = async (what: string, status: number, method: string, path: string, body?: object): Promise<void> => {
    const answer = await client.send(method, path, body);
    const found = answer.kind === 'answered' ? `${answer.status} ${answer.body.slice(0, 150)}` : answer.reason;
    if (!found.startsWith(String(status))) broken.push(`${what} at ${server}: ${found}`);
  };
  try {
    await expect('a creation with room', 201, 'POST', PATH, configMap(name));
    await disk.fill(IN_RESERVE_BYTES);
    if (!(await isLow(field, server))) broken.push(`${server} did not notice that its disk is in the reserve`);
    await expect('a creation in the reserve', INSUFFICIENT_STORAGE, 'POST', PATH, configMap(`${name}-late`));
    await expect('a deletion in the reserve', 200, 'DELETE', `${PATH}/${name}`);
  } finally {
    client.close();
  }
  const pid = cluster.pidOf(server);
  await disk.fill();
  const from = clock.monotonic();
  const isOut = await cluster.gone(server, pid, OUT_PATIENCE_MS);
  const outAfterMs = clock.monotonic() - from;
  if (!isOut) broken.push(`${server} went on for ${OUT_PATIENCE_MS} ms with a full disk`);
  await sleep(clock, Math.max(0, planned.lastsMs - outAfterMs));
  return { harmed: [server], broken, outAfterMs, told: `${server} out after ${outAfterMs.toFixed(0)} ms` };
}

/** Servers look at their disks every second. */
async function isLow({ cluster, clock }: Field, server: string): Promise<boolean> {
  for (const deadline = clock.monotonic() + RESERVE_NOTICED_MS; clock.monotonic() < deadline; ) {
    const { servers } = await cluster.status();
    if (servers.find(({ id }) => id === server)?.disk?.low === true) return true;
    await sleep(clock, POLL_MS);
  }
  return false;
}

function configMap(name: string): object {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { value: name } };
}
