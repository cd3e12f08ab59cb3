import { describe, expect, it } from 'vitest';
import { Cancellation } from '../../src/lib/index.ts';

describe('a cancellation', () => {
  it('tells each listener once, in order, and nobody who has left', () => {
    const cancellation = new Cancellation();
    const told: string[] = [];
    const first = (): void => void told.push('first');
    const left = (): void => void told.push('left');
    cancellation.addEventListener('abort', first);
    cancellation.addEventListener('abort', left);
    cancellation.addEventListener('abort', first);
    cancellation.addEventListener('abort', () => void told.push('last'));
    cancellation.removeEventListener('abort', left);
    expect(cancellation.aborted).toBe(false);
    cancellation.abort();
    cancellation.abort();
    expect(told).toEqual(['first', 'last']);
    expect(cancellation.aborted).toBe(true);
  });

  it('tells nobody who comes afterwards, as an AbortSignal does not', () => {
    const cancellation = new Cancellation();
    cancellation.abort();
    cancellation.addEventListener('abort', () => expect.unreachable());
    cancellation.abort();
  });

  it('does not reach a listener that another one takes away', () => {
    const cancellation = new Cancellation();
    const told: string[] = [];
    const second = (): void => void told.push('second');
    cancellation.addEventListener('abort', () => cancellation.removeEventListener('abort', second));
    cancellation.addEventListener('abort', second);
    cancellation.abort();
    expect(told).toEqual([]);
  });
});
