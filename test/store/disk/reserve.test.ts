// The reserve of disk: what is refused when, what is admitted all the same, and who leads then.
import { describe, expect, it } from 'vitest';
import { MIB, silentLogger } from '../../../src/lib/index.ts';
import { DiskReserve, isAdmittedInReserve } from '../../../src/store/disk/reserve.ts';
import { type Command, DiskLowError, type StoreKey } from '../../../src/store/index.ts';
import { DISK_POLL_MS, DISK_RESERVE_BYTES } from '../../../src/store/limits.ts';
import { type ManualClock, manualClock } from '../../support/manual-clock.ts';
import { envelope, pod, put, remove } from '../support.ts';

interface Fixture {
  readonly reserve: DiskReserve;
  readonly clock: ManualClock;
  readonly changes: boolean[];
  free: number;
  asked: number;
  fails: boolean;
  hangs: boolean;
}

async function fixture(free: number): Promise<Fixture> {
  const clock = manualClock();
  const made: Omit<Fixture, 'reserve'> & { reserve?: DiskReserve } = {
    clock,
    changes: [],
    free,
    asked: 0,
    fails: false,
    hangs: false,
  };
  const reserve = new DiskReserve({
    space: {
      directory: '/data/m1',
      freeBytes() {
        made.asked += 1;
        if (made.hangs) return new Promise(() => {});
        return made.fails ? Promise.reject(new Error('EIO')) : Promise.resolve(made.free);
      },
    },
    clock,
    logger: silentLogger,
    changed: () => void made.changes.push(reserve.isLow),
  });
  await reserve.start();
  made.reserve = reserve;
  return made as Fixture;
}

async function poll({ clock }: Fixture): Promise<void> {
  clock.advance(DISK_POLL_MS);
  for (let turn = 0; turn < 5; turn++) await Promise.resolve();
}

describe('the reserve of disk', () => {
  it('is 256 MiB unless configured otherwise', () => {
    expect(DISK_RESERVE_BYTES).toBe(256 * MIB);
  });

  it('is known to be touched from the start, and refuses with the disk, its free space and what to do', async () => {
    const { reserve } = await fixture(200 * MIB);
    expect(() => reserve.admit(put(pod('a'), 'x'))).toThrow(DiskLowError);
    expect(() => reserve.admit(put(pod('a'), 'x'))).toThrow(
      'the disk of this server is low: 200 MiB are free below /data/m1, and 256 MiB are kept for deletions; free or add disk space there, or delete objects (deletions are accepted)',
    );
    expect(reserve.status).toEqual({
      directory: '/data/m1',
      freeBytes: 200 * MIB,
      reserveBytes: 256 * MIB,
      low: true,
    });
  });

  it('is left only when there is a quarter more than it, so that nobody is told yes and no in turns', async () => {
    const made = await fixture(256 * MIB);
    for (const free of [255, 257, 300, 319]) {
      made.free = free * MIB;
      await poll(made);
      expect(made.reserve.isLow).toBe(true);
    }
    made.free = 320 * MIB;
    await poll(made);
    expect(made.reserve.isLow).toBe(false);
    made.free = 256 * MIB;
    await poll(made);
    expect(made.reserve.isLow).toBe(false);
    expect(made.changes).toEqual([true, false]);
  });

  it('keeps its last answer while the disk cannot be asked, and asks one that hangs only once', async () => {
    const made = await fixture(MIB);
    made.fails = true;
    await poll(made);
    expect(made.reserve.isLow).toBe(true);
    made.fails = false;
    made.hangs = true;
    const before = made.asked;
    for (let i = 0; i < 10; i++) await poll(made);
    expect(made.asked).toBe(before + 1);
    expect(made.reserve.isLow).toBe(true);
  });

  it('is not asked for any more when the store has stopped', async () => {
    const made = await fixture(MIB);
    made.reserve.stop();
    const before = made.asked;
    await poll(made);
    expect(made.asked).toBe(before);
  });

  it('admits deletions, parts of them and internal records, and nothing else', () => {
    const internal = { kind: 'put' as const, key: '~fences/a/b' as StoreKey, envelope: envelope('x') };
    const [deletion] = remove(pod('a')).writes;
    const [write] = put(pod('a'), 'x').writes;
    const command = (...writes: (Command['writes'][number] | undefined)[]): Command => ({
      conditions: [],
      writes: writes.flatMap((each) => each ?? []),
    });
    expect(isAdmittedInReserve(command(deletion))).toBe(true);
    expect(isAdmittedInReserve(command(deletion, internal))).toBe(true);
    expect(isAdmittedInReserve(command())).toBe(true);
    expect(isAdmittedInReserve(command(write))).toBe(false);
    expect(isAdmittedInReserve(command(deletion, write))).toBe(false);
    expect(isAdmittedInReserve({ ...command(write), usesReserve: true })).toBe(true);
  });
});
