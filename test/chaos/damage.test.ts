import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DAMAGES, doDamage, fileKindOf, filesOf, planDamage, undoDamage } from '../../chaos/faults/damage.ts';
import { asks } from '../../chaos/faults/replacement.ts';
import { damageTable } from '../../chaos/soak/damage-table.ts';
import { prng } from '../../src/lib/index.ts';

const FILES: Readonly<Record<string, string>> = {
  'log/000000000001.segment': `${'record'.repeat(300)}${'\0'.repeat(10_000)}`,
  'log/marker': 'm'.repeat(1024),
  'log/identity': '{"body":1}',
  peers: '["peers"]',
  'config.json': '{}',
  'state/000005.ldb': 't'.repeat(3000),
  'state/000006.log': 'l'.repeat(700),
  'state/MANIFEST-000004': 'manifest',
  'state/CURRENT': 'MANIFEST-000004\n',
  'state/LOCK': '',
  'state/LOG': 'diary',
};

describe('damage to a file of a server', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'quorate-damage-'));
    for (const made of ['log', 'state']) mkdirSync(join(folder, made));
    for (const [name, text] of Object.entries(FILES)) writeFileSync(join(folder, name), text);
  });
  afterEach(() => rmSync(folder, { recursive: true }));
  const contents = (): Record<string, string> =>
    Object.fromEntries(filesOf(folder).map((name) => [name, readFileSync(join(folder, name), 'latin1')]));

  it('befalls every kind of file in every way, and one file only', () => {
    const seen = new Set<string>();
    for (let seed = 1; seed <= 400; seed += 1) {
      const before = contents();
      const planned = planDamage(folder, false, prng(seed));
      doDamage(folder, planned);
      const after = contents();
      const changed = Object.keys(before).filter((name) => before[name] !== after[name]);
      expect(changed, `seed ${seed}: ${planned.damage} in ${planned.file}`).toEqual([planned.file]);
      seen.add(`${planned.fileKind}: ${planned.damage}`);
      writeFileSync(join(folder, planned.file), FILES[planned.file] ?? '');
    }
    const kinds = new Set(filesOf(folder).map(fileKindOf));
    expect(kinds.size).toBe(10);
    for (const kind of kinds)
      for (const damage of kind === 'state lock' ? ['deleted'] : DAMAGES) expect(seen).toContain(`${kind}: ${damage}`);
  });

  it('is taken back in a copy, unless that place has been written since', () => {
    for (let seed = 1; seed <= 100; seed += 1) {
      const before = contents();
      const planned = planDamage(folder, true, prng(seed));
      if (planned.damage === 'deleted') continue;
      doDamage(folder, planned);
      undoDamage(folder, planned);
      expect(contents(), `seed ${seed}`).toEqual(before);
    }
    const planned = {
      ...planDamage(folder, true, prng(1)),
      file: 'peers',
      offset: 0,
      before: Buffer.from('A'),
      after: Buffer.from('B'),
    };
    writeFileSync(join(folder, 'peers'), 'C');
    undoDamage(folder, planned);
    expect(readFileSync(join(folder, 'peers'), 'utf8')).toBe('C');
  });

  it('is counted by kind of file and damage', () => {
    const record = {
      server: 's',
      file: 'f',
      running: false,
      afterMs: 1,
      fileKind: 'log marker',
      damage: 'bit',
    } as const;
    const lines = damageTable([
      { ...record, outcome: 'whole' },
      { ...record, outcome: 'asks' },
      { ...record, outcome: 'asks' },
    ]);
    expect(lines.at(-1)).toMatch(/^ {2}log marker +1 whole, 2 asks +- +- +-$/);
    expect(damageTable([])).toEqual([]);
  });
});

describe('a server that asks to be replaced', () => {
  it.each([
    'error: the Raft log is damaged: identity: its content does not match its checksum',
    'error: /data/config.json cannot be read: Bad control character in string literal in JSON at position 1536',
    'Replace this member: `quorate member remove <id>`, then `quorate member add`.',
    '{"level":40,"peer":"server-2","trouble":"it refuses this member: server-1 lost its log and made a new one: replace it"}',
  ])('says so in its last words, or names the remedy: %s', (line) => {
    expect(asks(line)).toBe(true);
  });

  it.each([
    '{"level":50,"quarantine":"2026-11-26","msg":"the state database was damaged: it is set aside and rebuilt"}',
    '{"level":50,"damage":"a record with a wrong checksum","msg":"the Raft log was damaged: it is repaired from the peers"}',
    '{"level":40,"file":"config.json","error":"config.json cannot be read","msg":"a changed configuration cannot be used: the old one stays"}',
    '{"level":40,"peer":"server-2","trouble":"server-2 lost its log and made a new one: replace it"}',
  ])('is not one that repairs itself, or that speaks of another: %s', (line) => {
    expect(asks(line)).toBe(false);
  });
});
