// Which server a request goes to: one of those in service, at random. A server that is to be killed is taken out first, and
// killed when nothing is under way at it any more: clients of living servers must notice nothing, clients of dying ones may.
import { defined, type Prng } from '../../src/lib/index.ts';

export interface ServerPool {
  /** A server in service. */
  pick(): string;
  /** Runs `work` against a server picked at random, which nobody kills meanwhile. */
  use<T>(work: (url: string) => Promise<T>): Promise<T>;
  /** Takes a server out of service; resolves when nothing is under way at it any more. */
  retire(url: string): Promise<void>;
  /** Puts it back. */
  restore(url: string): void;
}

export function createServerPool(urls: readonly string[], random: Prng): ServerPool {
  const retired = new Set<string>();
  const underWay = new Map(urls.map((url) => [url, 0]));
  const waiting = new Map<string, () => void>();
  const pick = (): string => random.pick(urls.filter((url) => !retired.has(url)));
  const count = (url: string, change: 1 | -1): void => {
    const now = defined(underWay.get(url), url) + change;
    underWay.set(url, now);
    if (now > 0) return;
    waiting.get(url)?.();
    waiting.delete(url);
  };
  return {
    pick,
    async use(work) {
      const url = pick();
      count(url, 1);
      try {
        return await work(url);
      } finally {
        count(url, -1);
      }
    },
    async retire(url) {
      retired.add(url);
      if (underWay.get(url) === 0) return;
      await new Promise<void>((resolve) => waiting.set(url, resolve));
    },
    restore: (url) => void retired.delete(url),
  };
}
