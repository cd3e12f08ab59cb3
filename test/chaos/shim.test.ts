// The fault shim under a real Node.js process with real LevelDB: what it is told to do happens to the calls that they make.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { buildShim } from '../../chaos/shim/build.ts';
import { ShimControl, shimEnvironment } from '../../chaos/shim/control.ts';
import { cutPower } from '../../chaos/shim/power-cut.ts';
import { prng } from '../../src/lib/index.ts';

const folder = mkdtempSync(join(tmpdir(), 'quorate-shim-'));
const shim = buildShim(fileURLToPath(new URL('../../chaos/shim/', import.meta.url)), folder);
// Sought from the repository, where the script's modules are.
const REPOSITORY = fileURLToPath(new URL('../../', import.meta.url));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const PRELUDE = `
const fs = require('node:fs');
const { ClassicLevel } = require('classic-level');
const root = process.env.QUORATE_SHIM_ROOT;
const codeOf = (call) => { try { call(); return 'ok'; } catch (error) { return error.code; } };
const codeLater = (promise) => promise.then(() => 'ok', (error) => error.code ?? error.message);
const say = (value) => fs.writeSync(1, JSON.stringify(value) + '\\n');
const powerFails = () => process.kill(process.pid, 'SIGKILL');
const openLevel = async () => { const level = new ClassicLevel(root + '/db'); await level.open(); return level; };
`;

describe.skipIf(shim.kind === 'none')(`the fault shim${shim.kind === 'none' ? ` (${shim.reason})` : ''}`, () => {
  let root: string;
  let journal: string;
  let control: ShimControl;
  let number = 0;

  beforeEach(() => {
    number += 1;
    root = join(folder, `root-${number}`);
    journal = join(folder, `journal-${number}`);
    for (const made of [root, journal]) mkdirSync(made);
    control = new ShimControl(join(folder, `control-${number}`));
    return () => control.close();
  });

  /** A script with the shim under it. Answers the values that it said, once it has ended. */
  function start(script: string): { readonly child: ChildProcess; readonly said: Promise<readonly unknown[]> } {
    const library = shim.kind === 'built' ? shim.library : '';
    const env = { ...process.env, ...shimEnvironment(library, control, root, journal) };
    const source = `${PRELUDE}(async () => { ${script} })();`;
    const child = spawn(process.execPath, ['-e', source], {
      env,
      cwd: REPOSITORY,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let text = '';
    child.stdout?.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
    const said = once(child, 'close').then(() =>
      text
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line) as unknown),
    );
    return { child, said };
  }
  const run = (script: string): Promise<readonly unknown[]> => start(script).said;

  it('lets fsync and fdatasync fail: called directly, on the pool, on a worker thread, and by LevelDB', async () => {
    control.set({ sync: 'fails' });
    const said = await run(`
      const fd = fs.openSync(root + '/file', 'w+');
      fs.writeSync(fd, 'text');
      say([codeOf(() => fs.fdatasyncSync(fd)), codeOf(() => fs.fsyncSync(fd))]);
      say(await new Promise((resolve) => fs.fsync(fd, (error) => resolve(error.code))));
      const { Worker } = require('node:worker_threads');
      const code = "const fs=require('fs');let r='ok';try{fs.fdatasyncSync(fs.openSync(process.env.QUORATE_SHIM_ROOT+'/w','w'))}catch(e){r=e.code}require('worker_threads').parentPort.postMessage(r)";
      say(await new Promise((resolve) => new Worker(code, { eval: true }).on('message', resolve)));
      say(await codeLater(openLevel()));
    `);
    expect(said).toEqual([['EIO', 'EIO'], 'EIO', 'EIO', 'LEVEL_DATABASE_NOT_OPEN']);
    expect(control.counts().syncsHurt).toBeGreaterThanOrEqual(5);
  });

  it('holds a sync until it is released, and other threads go on', async () => {
    control.set({ sync: 'hangs' });
    const { said } = start(`
      const fd = fs.openSync(root + '/file', 'w+');
      let synced = false;
      fs.fsync(fd, () => { synced = true; });
      for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setTimeout(resolve, 10));
      say(synced);
      fs.writeFileSync(root + '/waits', '');
      fs.fsyncSync(fd);
      say('released');
    `);
    await expect.poll(() => existsSync(join(root, 'waits')), { timeout: 20_000 }).toBe(true);
    control.set({});
    expect(await said).toEqual([false, 'released']);
  });

  it('makes a disk slow', async () => {
    control.set({ syncDelayMs: 60, writeDelayMs: 30 });
    const said = await run(`
      const fd = fs.openSync(root + '/file', 'w+');
      const from = performance.now();
      fs.writeSync(fd, 'text');
      fs.fsyncSync(fd);
      say(performance.now() - from);
    `);
    expect(said[0]).toBeGreaterThanOrEqual(90);
  });

  it('fills the disk: files can be overwritten and none can grow, nor those of LevelDB', async () => {
    const said = await run(`
      fs.writeFileSync(root + '/file', 'text');
      const level = await openLevel();
      const control = fs.openSync(process.env.QUORATE_SHIM_CONTROL, 'r+');
      fs.writeSync(control, Uint8Array.of(1), 0, 1, 8);
      const fd = fs.openSync(root + '/file', 'r+');
      say([codeOf(() => fs.writeSync(fd, 'TEXT', 0)), codeOf(() => fs.writeSync(fd, 'more', 2)), codeOf(() => fs.ftruncateSync(fd, 9))]);
      say(await codeLater(level.batch([{ type: 'put', key: 'k', value: 'v'.repeat(100_000) }], { sync: true })));
      fs.writeSync(control, Uint8Array.of(0), 0, 1, 8);
      say(codeOf(() => fs.writeSync(fd, 'more', 4)));
    `);
    expect(said[0]).toEqual(['ok', 'ENOSPC', 'ENOSPC']);
    expect(said[1]).toMatch(/LEVEL_IO_ERROR|IO error|No space/);
    expect(said[2]).toBe('ok');
    expect(readFileSync(join(root, 'file'), 'utf8')).toBe('TEXTmore');
  });

  it('lets writes fail, and spares files of other folders', async () => {
    control.set({ write: 'fails' });
    const elsewhere = join(folder, 'elsewhere');
    const said = await run(`
      say([codeOf(() => fs.writeFileSync(root + '/file', 'text')), codeOf(() => fs.writeFileSync(${JSON.stringify(elsewhere)}, 'text'))]);
    `);
    expect(said).toEqual([['EIO', 'ok']]);
  });

  it('steps the wall clock and leaves monotonic ones alone', async () => {
    control.set({ clockOffsetMs: -120_000 });
    const from = Date.now();
    const said = await run(
      `say([Date.now(), new Date().getTime(), performance.timeOrigin, Number(process.hrtime.bigint() / 1000000n)]);`,
    );
    const [now, date] = said[0] as readonly number[];
    for (const told of [now, date]) {
      expect(told).toBeGreaterThanOrEqual(from - 120_000);
      expect(told).toBeLessThan(from - 60_000);
    }
    control.set({ clockOffsetMs: 180_500 });
    expect((await run('say(Date.now())'))[0]).toBeGreaterThan(Date.now() + 120_000);
  });

  it('undoes after a power cut what was not synced, and nothing that was', async () => {
    const found = new Set<string>();
    for (let seed = 1; seed <= 12; seed += 1) {
      for (const made of [root, journal]) {
        rmSync(made, { recursive: true });
        mkdirSync(made);
      }
      control.set({ journal: true });
      await run(`
        const synced = fs.openSync(root + '/synced', 'w+');
        fs.writeSync(synced, 'a'.repeat(2000), 0);
        fs.fsyncSync(synced);
        fs.writeFileSync(root + '/old', 'old', { flush: true });
        fs.writeFileSync(root + '/gone', 'gone', { flush: true });
        const directory = fs.openSync(root, 'r');
        fs.fsyncSync(directory);
        fs.writeSync(synced, 'b'.repeat(1024), 512);
        fs.writeFileSync(root + '/draft', 'new', { flush: true });
        fs.renameSync(root + '/draft', root + '/old');
        fs.rmSync(root + '/gone');
        fs.writeFileSync(root + '/unsynced', 'text');
        powerFails();
      `);
      control.set({});
      cutPower(root, journal, prng(seed));
      const synced = readFileSync(join(root, 'synced'), 'utf8');
      expect(synced).toMatch(/^a{512}(a{512}|b{512})(a{512}|b{512})a{464}$/);
      const old = readFileSync(join(root, 'old'), 'utf8');
      expect(['old', 'new']).toContain(old);
      if (old === 'old') expect(readFileSync(join(root, 'gone'), 'utf8')).toBe('gone');
      const names = readdirSync(root).sort().join();
      found.add(`${names}: ${synced.replaceAll(/(.)\1+/g, '$1')} ${old}`);
      expect(readdirSync(journal)).toEqual([]);
    }
    expect(found.size).toBeGreaterThan(3);
  });

  it('leaves LevelDB every batch that was synced, whatever the power cut took', async () => {
    for (let seed = 1; seed <= 4; seed += 1) {
      control.set({});
      await run('const level = await openLevel(); await level.close();');
      control.set({ journal: true });
      await run(`
        const level = await openLevel();
        for (let i = 0; i < 40; i += 1) await level.batch([{ type: 'put', key: 's' + i, value: 'v' }], { sync: i % 2 === 0 });
        await level.batch([{ type: 'put', key: 'last', value: 'v' }], { sync: true });
        await level.batch([{ type: 'put', key: 'unsynced', value: 'v'.repeat(5000) }], { sync: false });
        powerFails();
      `);
      control.set({});
      cutPower(root, journal, prng(seed));
      const said = await run(`
        const level = await openLevel();
        say((await level.keys().all()).filter((key) => key !== 'unsynced').length);
      `);
      expect(said).toEqual([41]);
    }
  });
});
