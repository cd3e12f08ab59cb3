// What a member command that fails does to an experiment: it is told as a broken promise of its fault, and the experiment goes on.
import { describe, expect, it } from 'vitest';
import type { ClusterUnderTest } from '../../chaos/cluster-under-test.ts';
import { churn } from '../../chaos/faults/member-churn.ts';
import { withTroubles } from '../../chaos/faults/member-trouble.ts';
import { namedCommands } from '../../chaos/member-commands.ts';
import type { ServerStatus } from '../../cluster/index.ts';
import { UserError } from '../../src/lib/index.ts';
import { manualClock } from '../support/manual-clock.ts';

const SERVERS = ['server-1', 'server-2', 'server-3'];
const ROLES = { leader: 'server-1', follower: 'server-2' };

/** Servers as an operator sees them; of the commands that are called, those whose number is in `failing` fail. */
function standIn(failing: readonly number[]) {
  let servers = [...SERVERS];
  let calls = 0;
  const sick = new Set<string>();
  const attempt = (): void => {
    calls += 1;
    if (failing.includes(calls)) throw new UserError('no server leads', 'Try it again.');
  };
  const members = namedCommands({
    async add() {
      attempt();
      const id = `server-${3 + calls}`;
      servers.push(id);
      return id;
    },
    async promote() {
      attempt();
    },
    async remove({ id }) {
      attempt();
      servers = servers.filter((server) => server !== id);
    },
    async transfer() {
      throw new Error('nobody asks for it');
    },
  });
  const status = async () => ({
    servers: servers.map((id) => ({ id, place: 'voter', ready: !sick.has(id) }) as ServerStatus),
  });
  const cluster = { members, status, whole: status, disks: { discard: async () => undefined } };
  return { cluster: cluster as unknown as ClusterUnderTest, sick, present: () => servers };
}

async function churnUnder(failing: readonly number[], seed: number) {
  const world = standIn(failing);
  const planned = { kind: 'member-churn', lastsMs: 0, follower: 0, server: 0, seed } as const;
  const field = { cluster: world.cluster, clock: manualClock() };
  const harm = await withTroubles(world.cluster, SERVERS, churn(field, ROLES, planned));
  return { harm, present: world.present() };
}

/** A fault for each of many seeds, so that every form of churn is among them. */
function churnsUnder(failing: readonly number[]) {
  return Promise.all(Array.from({ length: 40 }, (_, seed) => churnUnder(failing, seed)));
}

describe('a member command that fails', () => {
  it('is a broken promise that names the command, whichever it was and in each form of churn', async () => {
    for (const failing of [1, 2]) {
      for (const { harm } of await churnsUnder([failing]))
        expect(harm).toMatchObject({
          harmed: SERVERS,
          broken: [expect.stringMatching(/^`member (add|remove|promote).*` failed: no server leads$/)],
        });
    }
  });

  it('leaves as many servers as there were', async () => {
    for (const failing of [1, 2, 3]) {
      for (const { present } of await churnsUnder([failing])) expect(present).toHaveLength(SERVERS.length);
    }
  });

  it('is told twice when the help fails, too, and ends nothing', async () => {
    const twice = (await churnsUnder([2, 3])).filter(({ harm }) => harm.broken?.length === 2);
    expect(twice.length).toBeGreaterThan(0);
    for (const { harm } of twice) expect(harm.broken?.[1]).toMatch(/^then `member .*` failed: no server leads$/);
  });

  it('has the one server that does not serve replaced, which nothing else would bring back', async () => {
    const world = standIn([1]);
    world.sick.add('server-2');
    const failing = world.cluster.members.remove({ id: 'server-2', force: false }).then(() => ({ harmed: [] }));
    await withTroubles(world.cluster, SERVERS, failing);
    expect(world.present()).toEqual(['server-1', 'server-3', expect.any(String)]);
  });

  it('is nothing that changes a fault whose commands succeed, or hides what is no failure of a command', async () => {
    const outcomes = await churnsUnder([]);
    expect(new Set(outcomes.map(({ harm }) => harm.told?.split(':')[0])).size).toBe(5);
    for (const { harm } of outcomes) expect(harm.broken).toEqual([]);
    const broken = Promise.reject(new UserError('the cluster was not whole again', 'Read its logs.'));
    await expect(withTroubles(standIn([]).cluster, SERVERS, broken)).rejects.toThrow('not whole again');
  });
});
