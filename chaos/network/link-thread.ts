// The thread of the links: see links.ts.
import { parentPort, workerData } from 'node:worker_threads';
import { assert, defined, favourThisThread, messageOf, prng, systemClock } from '../../src/lib/index.ts';
import { type Link, openLink } from './link.ts';
import type { LinkAnswer, LinkOrder, LinkThreadData, LinkWish } from './link-protocol.ts';

assert(parentPort !== null, 'link-thread.ts runs as a worker');
const port = parentPort;
favourThisThread();
const clock = systemClock();
const random = prng((workerData as LinkThreadData).seed);
const links = new Map<number, Link>();

port.on('message', (order: LinkOrder) => {
  const { id, link, wish } = order;
  grant(link, wish).then(
    (granted) => answer({ id, port: granted }),
    (error: unknown) => answer({ id, error: messageOf(error) }),
  );
});

/** Resolves to the port of the link. */
async function grant(number: number, wish: LinkWish): Promise<number> {
  if (wish.kind === 'open') {
    const opened = await openLink(wish.targetPort, clock, random.fork());
    links.set(number, opened);
    return opened.port;
  }
  const link = defined(links.get(number), `link ${number}`);
  if (wish.kind === 'set') await link.set(wish.condition);
  else {
    links.delete(number);
    await link.close();
  }
  return link.port;
}

function answer(given: LinkAnswer): void {
  port.postMessage(given);
}
