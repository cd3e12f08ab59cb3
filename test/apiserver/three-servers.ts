// Three API servers on three replicated stores: production Raft in line, on a network, disks and a clock that are made up. Each
// is called as an application; time moves while somebody waits.

import type { NodeId } from '../../raft/core/index.ts';
import { startBackground } from '../../src/apiserver/background/background.ts';
import type { ServerContext } from '../../src/apiserver/context.ts';
import { createApp } from '../../src/apiserver/http/app.ts';
import { createServerContext } from '../../src/apiserver/server.ts';
import { defined, prng } from '../../src/lib/index.ts';
import { RaftWorld } from '../store/raft-world.ts';
import { type Answer, callApp, testOptions } from './harness.ts';

export interface TestServer {
  readonly id: NodeId;
  readonly context: ServerContext;
  call(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
}

export class ThreeServers {
  readonly world: RaftWorld;
  readonly servers = new Map<NodeId, TestServer>();
  readonly #ending = new Map<NodeId, AbortController>();

  private constructor(world: RaftWorld) {
    this.world = world;
  }

  static async start(): Promise<ThreeServers> {
    const world = await RaftWorld.start();
    const cluster = new ThreeServers(world);
    for (const id of world.members.keys()) cluster.#serve(id);
    return cluster;
  }

  all(): readonly TestServer[] {
    return [...this.servers.values()];
  }

  leader(): TestServer {
    return defined(this.servers.get(this.world.leader().id), 'the server that leads');
  }

  /** Kills a server, as a process that is gone. */
  async kill(id: NodeId): Promise<void> {
    this.#ending.get(id)?.abort();
    this.servers.delete(id);
    await this.world.stopMember(id);
  }

  async restart(id: NodeId): Promise<void> {
    await this.during(this.world.startMember(id));
    this.#serve(id);
  }

  /** Lets time pass until the promise has settled. */
  async during<T>(promise: Promise<T>): Promise<T> {
    let settled = false;
    const watched = promise.finally(() => {
      settled = true;
    });
    watched.catch(() => {});
    while (!settled) await this.world.advance(20);
    return watched;
  }

  async stop(): Promise<void> {
    for (const ending of this.#ending.values()) ending.abort();
    await Promise.all(this.world.stores().map((store) => store.stop()));
  }

  #serve(id: NodeId): void {
    const number = Number(id.slice(1));
    const store = defined(this.world.members.get(id), 'the member').store;
    const context = createServerContext(
      testOptions(store, {
        clock: this.world.clock,
        memberId: id,
        random: prng(number),
        endpoint: { address: `10.0.0.${number}`, port: 6443 },
      }),
    );
    const ending = new AbortController();
    startBackground(context, ending.signal);
    const app = createApp(context);
    this.#ending.set(id, ending);
    const call: TestServer['call'] = (method, path, body, headers) => callApp(app, method, path, body, headers);
    this.servers.set(id, { id, context, call });
  }
}
