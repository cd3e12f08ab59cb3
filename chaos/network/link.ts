// One direction of the network between two servers: a TCP proxy for the connections that the one dials to the other. TLS
// passes through. What is cut is held, not dropped: it arrives late when the link heals, as after retransmission.
import { connect, createServer, type Server, type Socket } from 'node:net';
import type { Clock, Prng, Timer } from '../../src/lib/index.ts';

export type LinkCondition =
  | { readonly kind: 'open' }
  /** Nothing passes, in either direction of its connections; nobody is told. */
  | { readonly kind: 'cut' }
  /** Each piece is late by the delay and up to the jitter; some are lost, and come when they are sent again. */
  | {
      readonly kind: 'poor';
      readonly delayMs: number;
      readonly jitterMs: number;
      readonly lostShare: number;
      readonly resendMs: number;
    };

export interface Link {
  readonly port: number;
  /** Resolves when it is so. */
  set(condition: LinkCondition): Promise<void>;
  close(): Promise<void>;
}

const LOOPBACK = '127.0.0.1';

export async function openLink(targetPort: number, clock: Clock, random: Prng): Promise<Link> {
  const state = { condition: { kind: 'open' } as LinkCondition };
  const passages = new Set<Passage>();
  const server = createServer((dialler) => {
    const passage = new Passage(dialler, targetPort, state, clock, random);
    passages.add(passage);
    dialler.on('close', () => passages.delete(passage));
    passage.changed();
  });
  await listening(server);
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    async set(condition) {
      state.condition = condition;
      for (const passage of passages) passage.changed();
    },
    async close() {
      for (const passage of passages) passage.end();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

function listening(server: Server): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, LOOPBACK, resolve);
  });
}

/** One connection through the link. */
class Passage {
  readonly #dialler: Socket;
  readonly #targetPort: number;
  readonly #state: { readonly condition: LinkCondition };
  readonly #clock: Clock;
  readonly #random: Prng;
  #lanes: readonly Lane[] = [];
  #upstream: Socket | undefined;
  /** One end is gone, and the other may not know it yet. */
  #broken = false;

  constructor(
    dialler: Socket,
    targetPort: number,
    state: { readonly condition: LinkCondition },
    clock: Clock,
    random: Prng,
  ) {
    this.#dialler = dialler;
    this.#targetPort = targetPort;
    this.#state = state;
    this.#clock = clock;
    this.#random = random;
    dialler.setNoDelay(true);
    dialler.pause();
    dialler.on('error', () => dialler.destroy());
    dialler.on('close', () => this.#broke());
  }

  /** The link's condition is another. */
  changed(): void {
    if (this.#state.condition.kind === 'cut') {
      for (const lane of this.#lanes) lane.hold();
      return;
    }
    if (this.#broken) {
      this.end();
      return;
    }
    if (this.#upstream === undefined) this.#connect();
    for (const lane of this.#lanes) lane.go();
  }

  end(): void {
    for (const lane of this.#lanes) lane.hold();
    this.#dialler.destroy();
    this.#upstream?.destroy();
  }

  #connect(): void {
    const upstream = connect({ host: LOOPBACK, port: this.#targetPort, noDelay: true });
    this.#upstream = upstream;
    upstream.on('error', () => upstream.destroy());
    upstream.on('close', () => this.#broke());
    const delay = (): number => this.#delayMs();
    this.#lanes = [
      new Lane(this.#dialler, upstream, this.#clock, delay),
      new Lane(upstream, this.#dialler, this.#clock, delay),
    ];
  }

  #broke(): void {
    this.#broken = true;
    if (this.#state.condition.kind !== 'cut') this.end();
  }

  #delayMs(): number {
    const { condition } = this.#state;
    if (condition.kind !== 'poor') return 0;
    const lost = this.#random.chance(condition.lostShare) ? condition.resendMs : 0;
    return condition.delayMs + this.#random.float() * condition.jitterMs + lost;
  }
}

/** What flows one way in a connection: pieces in order, each at its time. */
class Lane {
  readonly #from: Socket;
  readonly #to: Socket;
  readonly #clock: Clock;
  readonly #waiting: { readonly chunk: Buffer; readonly dueMs: number }[] = [];
  #lastDueMs = 0;
  #held = false;
  #timer: Timer | undefined;

  constructor(from: Socket, to: Socket, clock: Clock, delayMs: () => number) {
    this.#from = from;
    this.#to = to;
    this.#clock = clock;
    from.on('data', (chunk: Buffer) => {
      this.#lastDueMs = Math.max(this.#lastDueMs, clock.monotonic() + delayMs());
      this.#waiting.push({ chunk, dueMs: this.#lastDueMs });
      this.#deliver();
    });
    to.on('drain', () => {
      if (!this.#held) from.resume();
    });
  }

  hold(): void {
    this.#held = true;
    this.#from.pause();
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  go(): void {
    this.#held = false;
    this.#from.resume();
    this.#deliver();
  }

  #deliver(): void {
    if (this.#held) return;
    for (;;) {
      const [next] = this.#waiting;
      if (next === undefined) return;
      const lateMs = next.dueMs - this.#clock.monotonic();
      if (lateMs > 0) {
        this.#timer ??= this.#clock.timer(lateMs, () => {
          this.#timer = undefined;
          this.#deliver();
        });
        return;
      }
      this.#waiting.shift();
      if (!this.#to.destroyed && !this.#to.write(next.chunk)) this.#from.pause();
    }
  }
}
