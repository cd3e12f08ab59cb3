// A client that keeps many requests in flight at one server, on a connection each, and asks again at once whatever it is answered. It
// prints a line when each of its connections was answered once, runs until its input ends, and prints how often it was answered what.
import { readFileSync } from 'node:fs';
import { Agent, get } from 'node:https';

export interface FloodOptions {
  readonly url: string;
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
  readonly inFlight: number;
}

/** How often each status was answered; 0 stands for no answer. */
export type FloodCounts = Readonly<Record<string, number>>;

const options = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as FloodOptions;
// Without room for all of them the agent closes those that are free for a moment, and the flood is one of handshakes.
const agent = new Agent({
  ...options,
  keepAlive: true,
  maxSockets: options.inFlight,
  maxFreeSockets: options.inFlight,
});
const counts: Record<string, number> = {};
let answered = 0;
let over = false;

function ask(isFirst: boolean): void {
  if (over) return;
  let status = 0;
  get(options.url, { agent }, (response) => {
    status = response.statusCode ?? 0;
    response.resume();
  })
    .on('error', () => undefined)
    .on('close', () => {
      counts[status] = (counts[status] ?? 0) + 1;
      if (isFirst && ++answered === options.inFlight) process.stdout.write('under way\n');
      setImmediate(ask, false);
    });
}

for (let i = 0; i < options.inFlight; i++) ask(true);
process.stdin.resume().on('end', () => {
  over = true;
  process.stdout.write(JSON.stringify(counts), () => process.exit(0));
});
