// A disk of which one call fails, each call in turn: the failure always reaches who asked, and nothing is written after it.
import { describe, expect, it } from 'vitest';
import { type Disk, type DiskFile, inlineLogWriter, type RaftLog } from '../../../raft/node/index.ts';
import { prng } from '../../../src/lib/index.ts';
import { SimDisk } from '../../sim/disk.ts';
import { apply, NOTHING, open, randomBatch, read } from './log-model.ts';

const BATCHES = 12;

/** A disk whose call number `failing` fails, and that counts the changes asked for after it. */
class FailingDisk implements Disk {
  readonly inner = new SimDisk(prng(3));
  calls = 0;
  changesAfter = 0;
  failed: string | undefined;
  private readonly failing: number;

  constructor(failing: number) {
    this.failing = failing;
  }

  list(): readonly string[] {
    return this.call('list', false, () => this.inner.list());
  }
  open(name: string, mode: 'existing' | 'create'): DiskFile {
    const file = this.call(`open ${name}`, mode === 'create', () => this.inner.open(name, mode));
    return {
      size: () => this.call('size', false, () => file.size()),
      read: (position, length) => this.call('read', false, () => file.read(position, length)),
      write: (position, bytes) => this.call('write', true, () => file.write(position, bytes)),
      resize: (bytes) => this.call('resize', true, () => file.resize(bytes)),
      sync: () => this.call('sync', true, () => file.sync()),
      close: () => file.close(),
    };
  }
  remove(name: string): void {
    this.call('remove', true, () => this.inner.remove(name));
  }
  rename(from: string, to: string): void {
    this.call('rename', true, () => this.inner.rename(from, to));
  }
  syncDirectory(): void {
    this.call('syncDirectory', true, () => this.inner.syncDirectory());
  }

  private call<T>(what: string, changes: boolean, act: () => T): T {
    this.calls += 1;
    if (this.failed !== undefined && changes) this.changesAfter += 1;
    if (this.calls === this.failing) {
      this.failed = what;
      throw new Error(`EIO: ${what}`);
    }
    return act();
  }
}

/** Opens a log, writes and reads, compacts, and opens it again, until something is told to be wrong. */
function story(disk: FailingDisk): { readonly told: unknown; readonly log: RaftLog | undefined } {
  const random = prng(5);
  let log: RaftLog | undefined;
  try {
    log = open(disk);
    const writer = inlineLogWriter(disk);
    let held = NOTHING;
    for (let i = 0; i < BATCHES; i++) {
      const batch = randomBatch(random, held);
      const job = log.prepare(batch);
      let told: unknown;
      writer.run(job, (error) => {
        told = error;
      });
      if (told !== undefined) return { told, log };
      log.completed(job.id);
      held = apply(held, batch);
      read(log);
    }
    log.close();
    log = open(disk);
    return { told: undefined, log };
  } catch (error) {
    return { told: error, log };
  }
}

describe('a disk of which one call fails', () => {
  it('is told of by whoever met it, whichever call it is, and is not written any more', () => {
    const whole = new FailingDisk(Number.POSITIVE_INFINITY);
    expect(story(whole).told).toBeUndefined();
    expect(whole.calls).toBeGreaterThan(100);
    const met = new Set<string>();
    for (let failing = 1; failing <= whole.calls; failing++) {
      const disk = new FailingDisk(failing);
      const { told } = story(disk);
      expect(String(told), `call ${failing}: ${disk.failed}`).toContain('EIO');
      expect(disk.changesAfter, `after call ${failing}: ${disk.failed}`).toBe(0);
      met.add(disk.failed?.split(' ')[0] ?? '');
    }
    expect([...met].sort()).toEqual([
      'list',
      'open',
      'read',
      'rename',
      'resize',
      'size',
      'sync',
      'syncDirectory',
      'write',
    ]);
  });
});
