// What a core says of its next ticks, in random worlds: the world itself throws when one that was to be quiet is not.
import { describe, expect, it } from 'vitest';
import { defined, type Prng, prng } from '../../../src/lib/index.ts';
import { World } from './world.ts';

const NODES = ['a', 'b', 'c', 'd'] as const;

function anyNode(random: Prng): string {
  return defined(NODES[random.int(NODES.length)], 'a node');
}

/** Commands of the world, each as likely as it is long in the list. */
const COMMANDS: readonly ((random: Prng) => string)[] = [
  (random) => `time ${1 + random.int(20)}`,
  (random) => `time ${1 + random.int(4)}`,
  (random) => `tick ${anyNode(random)} ${1 + random.int(12)}`,
  (random) => `tick ${anyNode(random)} 1`,
  (random) => `ready ${anyNode(random)}`,
  (random) => `persist ${anyNode(random)}`,
  () => 'deliver',
  (random) => `deliver ${anyNode(random)}>${anyNode(random)}`,
  (random) => `drop ${anyNode(random)}>${anyNode(random)}`,
  (random) => `propose ${anyNode(random)} x`,
  (random) => `read ${anyNode(random)} ${1 + random.int(1000)}`,
  (random) => `transfer ${anyNode(random)}`,
  (random) => `unreachable ${anyNode(random)} ${anyNode(random)}`,
  (random) => `change ${anyNode(random)} ${random.int(2) === 0 ? 'remove' : 'promote'} ${anyNode(random)}`,
  (random) => `change ${anyNode(random)} add ${anyNode(random)}!`,
  (random) => `cut ${anyNode(random)}-${anyNode(random)}`,
  (random) => `cut ${anyNode(random)}>${anyNode(random)}`,
  () => 'heal',
  (random) => `crash ${anyNode(random)}`,
  (random) => (random.int(8) === 0 ? `lose ${anyNode(random)}` : 'run'),
  () => 'run',
];

const WORLDS = 200;
const COMMANDS_EACH = 150;

function randomWorld(seed: number): World {
  const random = prng(seed);
  const world = new World();
  if (random.int(2) === 0) world.run(`quick ${random.int(6)}`);
  // Founded by one, two or three; whoever did not is to be added.
  const founders = 1 + random.int(3);
  world.run(`members ${NODES.slice(0, founders).join(' ')}`);
  for (const node of NODES.slice(founders)) world.run(`join ${node}`);
  for (let i = 0; i < COMMANDS_EACH; i++)
    world.run(defined(COMMANDS[random.int(COMMANDS.length)], 'a command')(random));
  return world;
}

describe('a core', () => {
  it('knows which of its next ticks do nothing, in random worlds', () => {
    let ticks = 0;
    let quietTicks = 0;
    for (let seed = 1; seed <= WORLDS; seed++) {
      const world = randomWorld(seed);
      ticks += world.ticks;
      quietTicks += world.quietTicks;
    }
    expect(ticks).toBeGreaterThan(WORLDS * COMMANDS_EACH);
    // With a heartbeat in every second tick of a leader there can be no more than so; what matters is that there are any.
    expect(quietTicks / ticks).toBeGreaterThan(0.4);
  });
});
