// The log writer of a simulated process: the production steps of each job, one event each, with seeded latency. A crash
// falls between steps. While the process is paused the disk goes on; only its answer waits.

import { type DiskJob, JobRunner, type LogWriter } from '../../raft/node/index.ts';
import type { Prng } from '../../src/lib/index.ts';
import type { SimDisk } from './disk.ts';
import { type Incarnation, type Micros, MS, type Scheduler } from './time.ts';

/** How a disk fares at the moment. */
export interface DiskHealth {
  /** Extra time of each sync. */
  slowness: Micros;
  /** The next sync fails, and with it the process. */
  failNext: boolean;
  /** Nothing returns. */
  hangs: boolean;
  /** There is no room for anything more. */
  full: boolean;
  /** There is less room than the reserve. */
  low: boolean;
}

/** How often a step that hangs looks whether it still does. */
const HANG_STEP: Micros = 20 * MS;

interface WriterParts {
  readonly scheduler: Scheduler;
  readonly random: Prng;
  readonly disk: SimDisk;
  readonly health: DiskHealth;
  readonly owner: Incarnation;
}

export function simulatedWriter(parts: WriterParts): LogWriter {
  const { scheduler, random, health, owner } = parts;
  const runner = new JobRunner(parts.disk);
  // The disk is not the process: its steps do not stop with a pause, but they do with a death.
  const disk: Incarnation = {
    name: `${owner.name}/disk`,
    get alive() {
      return owner.alive;
    },
    set alive(_) {},
    pausedUntil: 0,
    held: [],
  };

  const step = (job: DiskJob, position: number, done: (error: unknown) => void): void => {
    const next = job.steps[position];
    if (next === undefined) {
      scheduler.after(random.int(50), () => done(undefined), owner);
      return;
    }
    const latency = next.kind === 'sync' || next.kind === 'syncDirectory' ? syncLatency() : 5 + random.int(40);
    const perform = (): void => {
      if (health.hangs) {
        scheduler.after(HANG_STEP, perform, disk);
        return;
      }
      if (health.full && next.kind === 'resize') {
        scheduler.after(0, () => done(new Error('ENOSPC: simulated full disk')), owner);
        return;
      }
      if (next.kind === 'sync' && health.failNext) {
        health.failNext = false;
        parts.disk.failSync(next.file);
        scheduler.after(0, () => done(new Error('EIO: simulated sync failure')), owner);
        return;
      }
      runner.step(next);
      step(job, position + 1, done);
    };
    scheduler.after(latency, perform, disk);
  };
  const syncLatency = (): Micros => {
    const usual = 100 + random.int(900);
    const spike = random.chance(0.01) ? random.int(30 * MS) : 0;
    return usual + spike + (health.slowness > 0 ? random.int(health.slowness) : 0);
  };

  return {
    run: (job, done) => step(job, 0, done),
    close() {
      runner.close();
      return Promise.resolve();
    },
  };
}
