// A long history: exact at every sampled command boundary, across segments, compactions, and a restart from disk.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { prng } from '../../src/lib/index.ts';
import { packCommand } from '../../src/store/command.ts';
import { CompactedError, openLevelKeyValue, type Revision, resourceRange, type Write } from '../../src/store/index.ts';
import { HISTORY_SEGMENT_CHANGES } from '../../src/store/limits.ts';
import { StateDatabase } from '../../src/store/state/state-database.ts';
import type { StateMachine } from '../../src/store/state-machine.ts';
import { manualClock } from '../support/manual-clock.ts';
import { envelope, pod } from './support.ts';

const folder = mkdtempSync(join(tmpdir(), 'quorate-history-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const PODS = resourceRange('pods');

interface Sample {
  readonly revision: Revision;
  readonly model: readonly (readonly [string, number])[];
}

async function openDatabase(): Promise<StateDatabase> {
  return new StateDatabase({
    keyValue: await openLevelKeyValue(folder),
    clock: manualClock(),
    durable: () => {},
    failed: (error) => {
      throw error;
    },
  });
}

function expectSamples(machine: StateMachine, samples: readonly Sample[]): void {
  for (const { revision, model } of samples) {
    if (revision < machine.compactedRevision) {
      expect(() => machine.snapshot(revision)).toThrow(CompactedError);
      continue;
    }
    const found = [...machine.snapshot(revision).scan(PODS)].map((object) => [object.key, object.revision]);
    expect(found).toEqual(model);
  }
}

describe('a long history', () => {
  it('shows each sampled past exactly, whatever was compacted, and again after a restart', async () => {
    const database = await openDatabase();
    const { machine } = await database.load();
    const random = prng(5);
    const model = new Map<string, number>();
    const samples: Sample[] = [];
    const enough = HISTORY_SEGMENT_CHANGES * 3;
    for (let index = 1; machine.revision < enough; index++) {
      const writes = Array.from({ length: 1 + random.int(3) }, (): Write => {
        const key = pod(`p${random.int(300)}`);
        return random.chance(0.3) ? { kind: 'delete', key } : { kind: 'put', key, envelope: envelope(`${index}`) };
      });
      const outcome = machine.execute([], packCommand({ conditions: [], writes }).writes, []);
      if (outcome.kind !== 'committed') throw new Error('refused');
      for (const [i, { key, kind }] of writes.entries()) {
        if (kind === 'put') model.set(key, outcome.objects[i]?.revision ?? -1);
        else model.delete(key);
      }
      if (random.chance(0.01)) samples.push({ revision: machine.revision, model: [...model].sort() });
      if (random.chance(0.0005)) machine.compact((machine.revision - 6000 - random.int(5000)) as Revision);
      database.applied(index, 1);
    }
    machine.compact((HISTORY_SEGMENT_CHANGES + 1000) as Revision);
    expect(samples.filter((sample) => sample.revision < machine.compactedRevision).length).toBeGreaterThan(3);
    expect(samples.filter((sample) => sample.revision > machine.compactedRevision).length).toBeGreaterThan(10);
    expectSamples(machine, samples);
    const last = { revision: machine.revision, hash: machine.stateHash() };
    await database.close();

    const again = await openDatabase();
    const loaded = await again.load();
    expect(loaded.machine.revision).toBe(last.revision);
    expect(loaded.machine.stateHash()).toBe(last.hash);
    expectSamples(loaded.machine, samples);
    await again.close();
  });
});
