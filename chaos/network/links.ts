// Where the links between servers run. Their own thread goes before others, as a kernel's network does: among the clients and the
// books of an experiment an answer of a follower was seen to wait for 196 ms, and was measured as a gap of the cluster.
import { Worker } from 'node:worker_threads';
import { type Clock, messageOf, type Prng } from '../../src/lib/index.ts';
import { type Link, openLink } from './link.ts';
import type { LinkAnswer, LinkOrder, LinkThreadData, LinkWish } from './link-protocol.ts';

export interface Links {
  /** A link to `targetPort` of this machine. */
  open(targetPort: number): Promise<Link>;
  /** To be called when every link is closed. */
  close(): Promise<void>;
}

/** On the caller's own thread. */
export function linksHere(clock: Clock, random: Prng): Links {
  return {
    open: (targetPort) => openLink(targetPort, clock, random.fork()),
    close: () => Promise.resolve(),
  };
}

/** `program`: the built chaos/network/link-thread.ts. */
export function linksOnThread(program: string, seed: number): Links {
  const worker = new Worker(program, { workerData: { seed } satisfies LinkThreadData });
  const questions = new Questions();
  worker.on('message', (answer: LinkAnswer) => questions.answered(answer));
  worker.on('error', (error) => questions.fail(`the thread of the links failed: ${messageOf(error)}`));
  worker.on('exit', () => questions.fail('the thread of the links has ended'));
  let links = 0;
  let asked = 0;
  const order = async (link: number, wish: LinkWish): Promise<number> => {
    asked += 1;
    const answer = questions.ask(asked);
    worker.postMessage({ id: asked, link, wish } satisfies LinkOrder);
    return await answer;
  };
  return {
    async open(targetPort) {
      links += 1;
      const link = links;
      const port = await order(link, { kind: 'open', targetPort });
      return {
        port,
        async set(condition) {
          await order(link, { kind: 'set', condition });
        },
        async close() {
          await order(link, { kind: 'close' });
        },
      };
    },
    async close() {
      await worker.terminate();
    },
  };
}

/** What the thread was asked and has not answered. A thread that is gone answers everything with an error. */
class Questions {
  readonly #open = new Map<number, { resolve(port: number): void; reject(error: Error): void }>();
  #failure: string | undefined;

  /** The answer: the port of the link. */
  ask(id: number): Promise<number> {
    return new Promise((resolve, reject) => {
      if (this.#failure === undefined) this.#open.set(id, { resolve, reject });
      else reject(new Error(this.#failure));
    });
  }

  answered(answer: LinkAnswer): void {
    const question = this.#open.get(answer.id);
    this.#open.delete(answer.id);
    if ('error' in answer) question?.reject(new Error(answer.error));
    else question?.resolve(answer.port);
  }

  fail(failure: string): void {
    this.#failure ??= failure;
    for (const { reject } of this.#open.values()) reject(new Error(this.#failure));
    this.#open.clear();
  }
}
