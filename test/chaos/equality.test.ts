import { describe, expect, it } from 'vitest';
import { compareStates, type Hashed } from '../../chaos/soak/equality.ts';

function hashed(server: string, hashes: Readonly<Record<number, string>>): Hashed {
  return { server, checkpoints: Object.entries(hashes).map(([index, hash]) => ({ index: Number(index), hash })) };
}

describe('states of servers', () => {
  it('are compared at the newest entry that all have hashed', () => {
    const equal = [hashed('a', { 10: 'x', 20: 'y' }), hashed('b', { 10: 'x', 20: 'y', 30: 'z' })];
    expect(compareStates(equal, 15)).toEqual([]);
    const different = [hashed('a', { 10: 'x', 20: 'y' }), hashed('b', { 10: 'x', 20: 'Y' })];
    expect(compareStates(different, 5)).toEqual(['states differ at entry 20: a y, b Y']);
  });

  it('cannot be compared before all have hashed an entry that is new enough', () => {
    expect(compareStates([hashed('a', { 10: 'x' }), hashed('b', { 20: 'y' })], 0)).toBeUndefined();
    expect(compareStates([hashed('a', { 10: 'x' }), hashed('b', { 10: 'x' })], 11)).toBeUndefined();
    expect(compareStates([], 0)).toBeUndefined();
  });
});
