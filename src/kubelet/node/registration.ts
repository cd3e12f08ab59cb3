// Keeps the node's object and its Lease: registers or adopts the node, reports its status when it changes and every five
// minutes anyway, renews the Lease every ten seconds. A node that was deleted is registered again.
import { randomUUID } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Lease, Node, Served } from '../../api/index.ts';
import { type ApiClient, isAlreadyExists, isConflict, isNotFound, LEASES, NODES } from '../../client/index.ts';
import { type Clock, codeOf, type Logger, messageOf, rfc3339Micro, sleep } from '../../lib/index.ts';
import {
  LEASE_DURATION_SECONDS,
  LEASE_RENEW_MS,
  NODE_STATUS_CHECK_MS,
  NODE_STATUS_REPORT_MS,
  REGISTRATION_RETRY_MS,
  RUNTIME_SILENCE_MS,
} from '../limits.ts';
import type { ContainerRuntime } from '../runtime/port.ts';
import { type NodeFacts, newNode, nodeLabels, nodeStatus, sameNodeStatus } from './facts.ts';

const LEASE_NAMESPACE = 'kube-node-lease';

export interface NodeKeeperOptions {
  readonly client: ApiClient;
  readonly runtime: ContainerRuntime;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly facts: NodeFacts;
}

export class NodeKeeper {
  readonly #options: NodeKeeperOptions;
  #node: Served<Node> | undefined;
  #reportedAtMs = Number.NEGATIVE_INFINITY;
  #runtimeAnsweredAtMs: number;

  constructor(options: NodeKeeperOptions) {
    this.#options = options;
    this.#runtimeAnsweredAtMs = options.clock.monotonic();
  }

  /** The node as last answered by the API: what events are about. */
  get node(): Node {
    const { facts } = this.#options;
    return this.#node ?? { apiVersion: 'v1', kind: 'Node', metadata: { name: facts.nodeName, uid: facts.nodeName } };
  }

  /** Tries until the API has the node, or `signal` aborts. */
  async register(signal: AbortSignal): Promise<void> {
    const { clock, logger, facts } = this.#options;
    while (!signal.aborted) {
      try {
        await this.#createOrAdopt(signal);
        await this.#report(signal);
        await this.#renew(signal);
        return;
      } catch (error) {
        if (signal.aborted) return;
        logger.warn({ node: facts.nodeName, error: messageOf(error) }, 'the node is not registered yet');
        await sleep(clock, REGISTRATION_RETRY_MS, signal);
      }
    }
  }

  /** Heartbeats until `signal` aborts. */
  async keep(signal: AbortSignal): Promise<void> {
    const repeat = async (periodMs: number, what: string, beat: () => Promise<void>): Promise<void> => {
      while (!signal.aborted) {
        await sleep(this.#options.clock, periodMs, signal);
        if (signal.aborted) return;
        await beat().catch((error: unknown) => {
          if (!signal.aborted) this.#options.logger.warn({ error: messageOf(error) }, what);
        });
      }
    };
    await Promise.all([
      repeat(LEASE_RENEW_MS, 'the lease of the node was not renewed', () => this.#renew(signal)),
      repeat(NODE_STATUS_CHECK_MS, 'the status of the node was not written', () => this.#check(signal)),
    ]);
  }

  async #createOrAdopt(signal: AbortSignal): Promise<void> {
    const { client, facts } = this.#options;
    const status = nodeStatus(facts, await this.#health(), undefined);
    try {
      this.#node = await client.create(NODES, newNode(facts, status), { signal });
    } catch (error) {
      if (!isAlreadyExists(error)) throw error;
      const name = { namespace: '', name: facts.nodeName };
      const patch = { metadata: { labels: nodeLabels(facts) } };
      this.#node = await client.patch(NODES, name, 'merge', patch, { signal });
    }
    this.#reportedAtMs = Number.NEGATIVE_INFINITY;
  }

  /** Reads the node, so that what others wrote into its status (NotReady by the node controller) is put right. */
  async #check(signal: AbortSignal): Promise<void> {
    const { client, facts } = this.#options;
    try {
      this.#node = await client.get(NODES, { namespace: '', name: facts.nodeName }, { signal });
    } catch (error) {
      if (!isNotFound(error)) throw error;
      await this.#createOrAdopt(signal);
    }
    await this.#report(signal);
  }

  async #report(signal: AbortSignal): Promise<void> {
    const { client, clock, facts } = this.#options;
    const status = nodeStatus(facts, await this.#health(), this.#node?.status);
    const due = clock.monotonic() - this.#reportedAtMs >= NODE_STATUS_REPORT_MS;
    if (!due && sameNodeStatus(this.#node?.status, status)) return;
    const { addresses, ...rest } = status;
    // Addresses merge by type, and a type may have several: they are replaced as a whole.
    const patch = { status: { ...rest, addresses: [{ $patch: 'replace' }, ...(addresses ?? [])] } };
    const name = { namespace: '', name: facts.nodeName };
    this.#node = await client.patch(NODES, name, 'strategic', patch, { subresource: 'status', signal });
    this.#reportedAtMs = clock.monotonic();
  }

  async #health(): Promise<Parameters<typeof nodeStatus>[1]> {
    const { runtime, clock } = this.#options;
    try {
      await runtime.ping();
      this.#runtimeAnsweredAtMs = clock.monotonic();
      return { runtimeProblem: undefined, images: await runtime.images(), nowMs: clock.now() };
    } catch (error) {
      const silentMs = clock.monotonic() - this.#runtimeAnsweredAtMs;
      const problem = silentMs >= RUNTIME_SILENCE_MS ? messageOf(error) : undefined;
      return { runtimeProblem: problem, images: [], nowMs: clock.now() };
    }
  }

  async #renew(signal: AbortSignal): Promise<void> {
    const { client, clock, facts } = this.#options;
    const name = { namespace: LEASE_NAMESPACE, name: facts.nodeName };
    const spec = {
      holderIdentity: facts.nodeName,
      leaseDurationSeconds: LEASE_DURATION_SECONDS,
      renewTime: rfc3339Micro(clock.now()),
    };
    try {
      await client.patch(LEASES, name, 'merge', { spec }, { signal });
    } catch (error) {
      if (!isNotFound(error)) throw error;
      await this.#createLease(
        { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { ...name }, spec },
        signal,
      );
    }
  }

  async #createLease(lease: Lease, signal: AbortSignal): Promise<void> {
    const { client } = this.#options;
    const owner = this.#node;
    const { metadata } = lease;
    if (owner !== undefined && metadata !== undefined) {
      const { name, uid } = owner.metadata;
      metadata.ownerReferences = [{ apiVersion: 'v1', kind: 'Node', name, uid }];
    }
    await client.create(LEASES, lease, { signal }).catch((error: unknown) => {
      if (!isAlreadyExists(error) && !isConflict(error)) throw error;
    });
  }
}

/** The id in the node's directory, made on the first start. */
export async function machineIdOf(directory: string): Promise<string> {
  const path = join(directory, 'machine-id');
  const known = await readFile(path, 'utf8').catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return '';
    throw error;
  });
  if (known.trim() !== '') return known.trim();
  const fresh = randomUUID();
  await writeFile(path, `${fresh}\n`);
  return fresh;
}
