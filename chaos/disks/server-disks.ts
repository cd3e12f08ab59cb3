// The disks of the servers under test: each server's folder on a file system of its own where the machine allows it, and
// the shim under its process where it could be compiled. What can be done to a disk depends on both.
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, symlinkSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
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
  fill(leaveBytes?: number): Promise<void>;
  /** There is space again. */
  free(): Promise<void>;
  /** A copy of the server's folder as it is now: of a stopped process. */
  backUp(): Promise<Backup>;
  /** Of a stopped process that will be killed: rolls back what was not synced while the journal was kept. */
  cutPower(random: Prng): PowerCutSummary;
}

export interface Backup {
  readonly folder: string;
  /** Puts the copy in the folder's place. */
  restore(): Promise<void>;
  /** It is not needed any more. */
  drop(): Promise<void>;
}

export interface ServerDisks {
  of(server: string): ServerDisk;
  /** Makes a disk for each of these servers that has none, before it starts. */
  serve(servers: readonly string[]): Promise<void>;
  /** Takes the disk of a server away that is gone. */
  discard(server: string): Promise<void>;
  /** What a server's process is started with. */
  environmentOf(member: string): Readonly<Record<string, string>>;
  /** Why there is no shim; undefined when there is one. */
  readonly withoutShim: string | undefined;
  /** Why servers share one disk; undefined when each has its own. */
  readonly withoutMounts: string | undefined;
  /** Nothing is wrong with any disk. */
  heal(): Promise<void>;
  /** Takes the disks away: when no process runs on them. */
  close(): Promise<void>;
}

export interface DiskOptions {
  /** Where the disks are made; exists. */
  readonly folder: string;
  readonly layout: Layout;
  readonly shim: ShimBuild;
  /** The size of each server's own file system; undefined: a folder will do. */
  readonly mountBytes: number | undefined;
}

export function openServerDisks(options: DiskOptions): ServerDisks {
  const { shim, folder } = options;
  const disks = new Map<string, OpenDisk>();
  return {
    of: (server) => defined(disks.get(server), `the disk of ${server}`),
    async serve(servers) {
      for (const server of servers) if (!disks.has(server)) disks.set(server, await openDisk(server, options));
    },
    async discard(server) {
      const disk = disks.get(server);
      disks.delete(server);
      await disk?.close();
      await rm(join(folder, server), { recursive: true, force: true });
    },
    environmentOf: (member) => disks.get(member)?.environment ?? {},
    withoutShim: shim.kind === 'none' ? shim.reason : undefined,
    get withoutMounts() {
      return [...disks.values()].map((disk) => disk.withoutMount).find((reason) => reason !== undefined);
    },
    async heal() {
      await Promise.all([...disks.values()].map((disk) => disk.heal()));
    },
    async close() {
      for (const disk of disks.values()) await disk.close();
    },
  };
}

interface OpenDisk extends ServerDisk {
  readonly environment: Readonly<Record<string, string>>;
  readonly withoutMount: string | undefined;
  heal(): Promise<void>;
  close(): Promise<void>;
}

async function openDisk(server: string, { folder, layout, shim, mountBytes }: DiskOptions): Promise<OpenDisk> {
  const own = join(folder, server);
  mkdirSync(own, { recursive: true });
  const mount =
    mountBytes === undefined
      ? 'it was not asked for'
      : await loopMount(join(own, 'image'), join(own, 'disk'), mountBytes);
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
    async fill(leaveBytes) {
      if (loop === undefined) steered().set({ write: 'diskFull' });
      else await loop.fill(leaveBytes);
    },
    async free() {
      if (loop === undefined) steered().set({});
      else await loop.free();
    },
    backUp: () => backUp(join(base, 'data')),
    cutPower: (random) => cutPower(data, journal, random),
    async heal() {
      control?.set({});
      await loop?.free();
    },
    async close() {
      control?.close();
      await loop?.unmount();
    },
  };
}

async function backUp(data: string): Promise<Backup> {
  const folder = `${data}.copy`;
  const aside = `${data}.aside`;
  await rm(folder, { recursive: true, force: true });
  // Not on this thread, which serves the links between the servers.
  await promisify(execFile)('cp', ['-a', '--sparse=auto', data, folder]);
  return {
    folder,
    async restore() {
      // At once, as its process may be started at any moment.
      renameSync(data, aside);
      renameSync(folder, data);
      await rm(aside, { recursive: true, force: true });
    },
    drop: () => rm(folder, { recursive: true, force: true }),
  };
}

/** The server's folder is a name for one on its disk. */
function placeData(name: string, folder: string): void {
  mkdirSync(folder);
  mkdirSync(dirname(name), { recursive: true, mode: 0o700 });
  if (!existsSync(name)) symlinkSync(folder, name);
}
