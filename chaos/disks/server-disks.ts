// The disks of the servers under test: each server's folder on a file system of its own where the machine allows it, and
// the shim under its process where it could be compiled. What can be done to a disk depends on both.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Layout } from '../../cluster/index.ts';
import { defined, type Prng } from '../../src/lib/index.ts';
import type { ShimBuild } from '../shim/build.ts';
import { type Conditions, ShimControl, type ShimCounts, shimEnvironment } from '../shim/control.ts';
import { cutPower, type PowerCutSummary } from '../shim/power-cut.ts';
import { type LoopMount, loopMount } from './loop-mount.ts';

export interface ServerDisk {
  /** The server's folder. */
  readonly folder: string;
  /** Makes the disk and the clock like that. Throws without a shim. */
  set(conditions: Conditions): void;
  counts(): ShimCounts;
  /** Nothing can grow any more; `leaveBytes` can, on a disk of its own. */
  fill(leaveBytes?: number): void;
  /** There is space again. */
  free(): void;
  /** A copy of the server's folder as it is now: of a stopped process. */
  backUp(): Backup;
  /** Of a stopped process that will be killed: rolls back what was not synced while the journal was kept. */
  cutPower(random: Prng): PowerCutSummary;
}

export interface Backup {
  readonly folder: string;
  /** Puts the copy in the folder's place. */
  restore(): void;
  /** It is not needed any more. */
  drop(): void;
}

export interface ServerDisks {
  of(server: string): ServerDisk;
  /** What a server's process is started with. */
  environmentOf(member: string): Readonly<Record<string, string>>;
  /** Why there is no shim; undefined when there is one. */
  readonly withoutShim: string | undefined;
  /** Why servers share one disk; undefined when each has its own. */
  readonly withoutMounts: string | undefined;
  /** Nothing is wrong with any disk. */
  heal(): void;
  /** Takes the disks away: when no process runs on them. */
  close(): void;
}

export interface DiskOptions {
  /** Where the disks are made; exists. */
  readonly folder: string;
  readonly layout: Layout;
  readonly servers: readonly string[];
  readonly shim: ShimBuild;
  /** The size of each server's own file system; undefined: a folder will do. */
  readonly mountBytes: number | undefined;
}

export function openServerDisks(options: DiskOptions): ServerDisks {
  const { shim, servers } = options;
  const disks = new Map(servers.map((server) => [server, openDisk(server, options)]));
  const all = [...disks.values()];
  return {
    of: (server) => defined(disks.get(server), `the disk of ${server}`),
    environmentOf: (member) => disks.get(member)?.environment ?? {},
    withoutShim: shim.kind === 'none' ? shim.reason : undefined,
    withoutMounts: all.map((disk) => disk.withoutMount).find((reason) => reason !== undefined),
    heal() {
      for (const disk of all) disk.heal();
    },
    close() {
      for (const disk of all) disk.close();
    },
  };
}

interface OpenDisk extends ServerDisk {
  readonly environment: Readonly<Record<string, string>>;
  readonly withoutMount: string | undefined;
  heal(): void;
  close(): void;
}

function openDisk(server: string, { folder, layout, shim, mountBytes }: DiskOptions): OpenDisk {
  const own = join(folder, server);
  mkdirSync(own, { recursive: true });
  const mount =
    mountBytes === undefined ? 'it was not asked for' : loopMount(join(own, 'image'), join(own, 'disk'), mountBytes);
  const base = typeof mount === 'string' ? own : mount.folder;
  const journal = join(base, 'journal');
  const data = layout.member(server);
  mkdirSync(journal);
  placeData(data, join(base, 'data'));
  const control = shim.kind === 'built' ? new ShimControl(join(own, 'control')) : undefined;
  const steered = (): ShimControl => defined(control, 'the shim');
  const loop: LoopMount | undefined = typeof mount === 'string' ? undefined : mount;
  return {
    folder: data,
    withoutMount: typeof mount === 'string' ? mount : undefined,
    environment: shim.kind === 'built' ? shimEnvironment(shim.library, steered(), data, journal) : {},
    set: (conditions) => steered().set(conditions),
    counts: () => steered().counts(),
    fill(leaveBytes) {
      if (loop === undefined) steered().set({ write: 'diskFull' });
      else loop.fill(leaveBytes);
    },
    free() {
      if (loop === undefined) steered().set({});
      else loop.free();
    },
    backUp: () => backUp(join(base, 'data')),
    cutPower: (random) => cutPower(data, journal, random),
    heal() {
      loop?.free();
      control?.set({});
    },
    close() {
      control?.close();
      loop?.unmount();
    },
  };
}

function backUp(data: string): Backup {
  const folder = `${data}.copy`;
  const aside = `${data}.aside`;
  rmSync(folder, { recursive: true, force: true });
  execFileSync('cp', ['-a', '--sparse=auto', data, folder]);
  return {
    folder,
    restore() {
      renameSync(data, aside);
      renameSync(folder, data);
      rmSync(aside, { recursive: true, force: true });
    },
    drop: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** The server's folder is a name for one on its disk. */
function placeData(name: string, folder: string): void {
  mkdirSync(folder);
  mkdirSync(dirname(name), { recursive: true, mode: 0o700 });
  if (!existsSync(name)) symlinkSync(folder, name);
}
