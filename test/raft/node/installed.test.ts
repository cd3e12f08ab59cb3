// When the owner of a state may forget that it came from a snapshot: until then a restart makes the log follow it.
import { describe, expect, it } from 'vitest';
import type { Term } from '../../../raft/node/index.ts';
import { defined } from '../../../src/lib/index.ts';
import { startedWorld } from './node-world.ts';

describe('an installed snapshot', () => {
  it('is followed when the term of its sender is on the disk too, also where the log held its entry already', async () => {
    const world = await startedWorld();
    world.elect().consensus.propose([Buffer.from('a')]);
    world.run(300);
    const [follower] = world.followers();
    world.passes = ({ from, to }) => from !== follower.id && to !== follower.id;
    follower.writer.held = true;
    const { index, term } = defined(follower.applied.at(-1), 'an applied entry');
    const { membership } = follower.consensus.status();
    let isFollowed = false;
    void follower.consensus.installed({ index, term, leaderTerm: (term + 5) as Term, membership }).then(() => {
      isFollowed = true;
    });
    world.settle();
    await Promise.resolve();
    expect(isFollowed).toBe(false);
    follower.writer.release();
    world.settle();
    await Promise.resolve();
    expect(isFollowed).toBe(true);
  });
});
