// The sandbox program: the x86-64 one is run where it can be, the arm64 one is interpreted instruction by instruction.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { arch, platform, tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { pauseProgram } from '../../src/kubelet/runtime/docker/pause-program.ts';
import { sandboxArchive } from '../../src/kubelet/runtime/docker/sandbox-image.ts';

const CODE_OFFSET = 120;

/** Runs arm64 code until it exits; each system call is answered by the next of `answers`. Returns the calls made. */
function interpret(code: Buffer, answers: readonly number[]): readonly string[] {
  const registers = new Map<number, number>();
  const get = (register: number): number => registers.get(register) ?? 0;
  const calls: string[] = [];
  let compared = 0;
  let at = 0;
  const signed = (value: number, bits: number): number => (value >= 2 ** (bits - 1) ? value - 2 ** bits : value);
  for (let steps = 0; steps < 1_000; steps += 1) {
    const word = code.readUInt32LE(at);
    const immediate16 = (word >>> 5) & 0xffff;
    let next = at + 4;
    if (word >>> 21 === 0x694)
      registers.set(word & 31, immediate16); // movz
    else if (word >>> 21 === 0x494)
      registers.set(word & 31, -1 - immediate16); // movn
    else if ((word & 0x9f000000) >>> 0 === 0x10000000) {
      const distance = signed((((word >>> 5) & 0x7ffff) << 2) | ((word >>> 29) & 3), 21);
      registers.set(word & 31, at + distance); // adr
    } else if ((word & 0xffc0001f) >>> 0 === 0x7100001f) compared = get((word >>> 5) & 31) - ((word >>> 10) & 0xfff);
    else if (word >>> 24 === 0x54) {
      const condition = word & 15;
      const holds = condition === 0 ? compared === 0 : condition === 11 ? compared < 0 : compared > 0;
      if (holds) next = at + signed((word >>> 5) & 0x7ffff, 19) * 4;
    } else if (word >>> 26 === 5) next = at + signed(word & 0x3ffffff, 26) * 4;
    else if (word === 0xd4000001) {
      calls.push(`${get(8)}(${[0, 1, 2, 3].map(get).join(', ')})`);
      if (get(8) === 94) return calls;
      registers.set(0, answers[calls.length - 1] ?? 0);
    } else throw new Error(`instruction ${word.toString(16)} at ${at}`);
    at = next;
  }
  throw new Error('the program does not end');
}

describe('the sandbox program', () => {
  it.each(['amd64', 'arm64'] as const)(
    'is one small loadable segment that holds the whole file: %s',
    (architecture) => {
      const program = pauseProgram(architecture);
      expect(program.subarray(0, 4).toString('latin1')).toBe('\x7fELF');
      expect(program.readUInt16LE(18)).toBe(architecture === 'amd64' ? 62 : 183);
      expect(program.readBigUInt64LE(64 + 32)).toBe(BigInt(program.length));
      expect(program.readBigUInt64LE(24)).toBe(0x400000n + BigInt(CODE_OFFSET));
      expect(program.length).toBeLessThan(512);
    },
  );

  it('blocks its signals, waits, reaps until nobody is left, waits again, and exits: arm64', () => {
    const code = pauseProgram('arm64').subarray(CODE_OFFSET);
    const set = code.length - 8;
    expect(code.readBigUInt64LE(set)).toBe(BigInt((1 << 1) | (1 << 14) | (1 << 16)));
    const [interrupted, child, terminate] = [-4, 17, 15];
    const calls = interpret(code, [0, interrupted, child, 300, 301, 0, terminate]);
    const wait = `137(${set}, 0, 0, 8)`;
    const reap = '260(-1, 0, 1, 0)';
    expect(calls).toEqual([`135(0, ${set}, 0, 8)`, wait, wait, reap, reap, reap, wait, '94(0, 0, 0, 8)']);
  });

  it.runIf(platform() === 'linux' && ['x64', 'arm64'].includes(arch()))(
    'runs on this machine and exits with 0 on SIGTERM',
    async () => {
      const folder = mkdtempSync(join(tmpdir(), 'quorate-pause-'));
      try {
        const path = join(folder, 'pause');
        writeFileSync(path, pauseProgram(arch() === 'x64' ? 'amd64' : 'arm64'), { mode: 0o755 });
        const child = spawn(path);
        await once(child, 'spawn');
        const ended = once(child, 'exit');
        // Until it has blocked the signal, it dies by it: it is sent when the program waits (state S).
        await expect.poll(() => /State:\s+S/.test(readFileSync(`/proc/${child.pid}/status`, 'utf8'))).toBe(true);
        child.kill('SIGTERM');
        expect(await ended).toEqual([0, null]);
      } finally {
        rmSync(folder, { recursive: true });
      }
    },
  );

  it('is packed as the only file of its image, executable', () => {
    const archive = sandboxArchive('amd64');
    expect(archive.length % 512).toBe(0);
    expect(archive.subarray(0, 5).toString()).toBe('pause');
    expect(archive.subarray(100, 107).toString()).toBe('0000755');
    const sum = archive.subarray(0, 512).reduce((total, byte, at) => total + (at >= 148 && at < 156 ? 32 : byte), 0);
    expect(Number.parseInt(archive.subarray(148, 154).toString(), 8)).toBe(sum);
  });
});
