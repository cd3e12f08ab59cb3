// What is made once for each object.
import { describe, expect, it } from 'vitest';
import { oncePer } from '../../src/lib/index.ts';

describe('what is made once for each object', () => {
  it('is made at the first call, for each object its own, also where it is undefined', () => {
    const asked: object[] = [];
    const [a, b] = [{ name: 'a' }, { name: 'b' }];
    const nameOf = oncePer((of: { name: string }) => {
      asked.push(of);
      return of.name === 'a' ? undefined : of.name;
    });
    expect([nameOf(a), nameOf(b), nameOf(a), nameOf(b)]).toEqual([undefined, 'b', undefined, 'b']);
    expect(asked).toEqual([a, b]);
  });

  it('is tried again after it threw', () => {
    let calls = 0;
    const made = oncePer(() => {
      calls += 1;
      if (calls === 1) throw new Error('not yet');
      return calls;
    });
    const object = {};
    expect(() => made(object)).toThrow('not yet');
    expect([made(object), made(object)]).toEqual([2, 2]);
  });
});
