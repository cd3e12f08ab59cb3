// A member command that fails under load is what an experiment is there to find: a promise broken by its fault, and no end of
// the experiment, whose history is judged all the same.
import type { ClusterUnderTest } from '../cluster-under-test.ts';
import { MemberCommandFailed } from '../member-commands.ts';
import type { Harm } from './harm.ts';
import { remove } from './replacement.ts';

type Field = Pick<ClusterUnderTest, 'members' | 'status' | 'disks'>;

/**
 * The harm that a fault does, also when one of its member commands fails. How far that came is not known: anybody's clients may
 * have noticed; and the next fault is to find as many servers as this one did.
 */
export async function withTroubles(field: Field, servers: readonly string[], harm: Promise<Harm>): Promise<Harm> {
  const failed = await failureOf(harm);
  if (failed === undefined) return harm;
  const again = await failureOf(refill(field, servers.length));
  const broken = again === undefined ? [failed] : [failed, `then ${again}`];
  return { harmed: servers, broken, told: broken.join('; ') };
}

/** What a member command has failed with; throws what is no such failure. */
async function failureOf(work: Promise<unknown>): Promise<string | undefined> {
  try {
    await work;
    return undefined;
  } catch (error) {
    if (error instanceof MemberCommandFailed) return error.message;
    throw error;
  }
}

/** As an operator would: the one server that does not serve is removed, then there are made as many as before. */
async function refill(field: Field, size: number): Promise<void> {
  const { servers } = await field.status();
  const sick = servers.filter(({ ready }) => !ready);
  // Where several do not serve there is no leader, or there will be: whoever waits for the cluster sees to that.
  const [lost] = sick.length === 1 ? sick : [];
  if (lost !== undefined) await remove(field, lost.id);
  const left = servers.filter((server) => server !== lost);
  const newest = left.at(-1);
  if (left.length > size && newest !== undefined) await remove(field, newest.id);
  for (let count = left.length; count < size; count += 1) await field.members.add(false);
}
