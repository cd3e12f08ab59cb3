// The scheduler: takes one pod at a time from the queue, decides at once against an assumed picture of the cluster, and lets
// the writing happen beside. Every process keeps the caches warm; the one that leads decides.
import type { Node, Pod } from '../api/index.ts';
import {
  type ApiClient,
  createEventRecorder,
  createInformerFactory,
  type EventRecorder,
  type Informer,
  type InformerFactory,
  type LeaderElector,
  NODES,
  PODS,
} from '../client/index.ts';
import { type Clock, defined, every, type Logger, type Prng, type Registry } from '../lib/index.ts';
import { createAttempt, profileOf } from './attempt.ts';
import { createCache } from './cache.ts';
import type { Profile } from './framework/plugin.ts';
import { DECISIONS_PER_TURN, UNSCHEDULABLE_CHECK_MS } from './limits.ts';
import { createMetrics, type SchedulerMetrics } from './metrics.ts';
import { DEFAULT_SCHEDULER_NAME, defaultProfile } from './profile.ts';
import { createSchedulingQueue, type QueueOptions } from './queue.ts';
import { watchNodes, watchPods } from './watch.ts';
import { createWrites } from './writes.ts';

export interface SchedulerOptions {
  readonly client: ApiClient;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly random: Prng;
  /** Ends the scheduler. */
  readonly signal: AbortSignal;
  /** Without one it leads at once: right for a single process only. */
  readonly elector?: LeaderElector | undefined;
  readonly recorder?: EventRecorder | undefined;
  readonly metrics?: Registry | undefined;
  /** Shared informers of the process; a factory of its own when undefined. */
  readonly informers?: InformerFactory | undefined;
  /** What schedules which pods, made with the client that writes; the default profile alone when undefined. */
  readonly profiles?: ((client: ApiClient) => readonly Profile[]) | undefined;
}

/** Runs the scheduler until `signal` aborts; resolves when its writes have ended. */
export async function runScheduler(options: SchedulerOptions): Promise<void> {
  const { client, clock, logger, random, signal, elector } = options;
  const factory = options.informers ?? createInformerFactory({ client, clock, logger, random: random.fork() });
  const informers = { nodes: factory.informer(NODES), pods: factory.informer(PODS) };
  const recorder =
    options.recorder ?? createEventRecorder({ client, component: DEFAULT_SCHEDULER_NAME, clock, logger });
  const metrics = createMetrics(options.metrics);
  const profiles = options.profiles ?? ((writer: ApiClient) => [defaultProfile(writer)]);
  await factory.start(signal);
  if (signal.aborted) return;
  const lead = (writer: ApiClient, until: AbortSignal): Promise<void> =>
    decideUntil(until, {
      client: writer,
      clock,
      logger,
      random,
      informers,
      recorder,
      metrics,
      profiles: profiles(writer),
    });
  if (elector === undefined) return lead(client, signal);
  return elector.run(signal, (fence, until) => lead(client.fenced(fence), until));
}

interface Means {
  readonly client: ApiClient;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly random: Prng;
  readonly informers: { readonly nodes: Informer<Node>; readonly pods: Informer<Pod> };
  readonly recorder: EventRecorder;
  readonly metrics: SchedulerMetrics;
  readonly profiles: readonly Profile[];
}

/** One leadership: its cache and queue are built from the informers and thrown away with it. */
async function decideUntil(signal: AbortSignal, means: Means): Promise<void> {
  const { clock, informers, logger } = means;
  const cache = createCache(clock);
  const queue = createSchedulingQueue({ clock, ...queueRules(means.profiles) });
  const isOurs = (pod: Pod): boolean => profileOf(pod, means.profiles) !== undefined;
  watchNodes(informers.nodes, { cache, queue, isOurs }, signal);
  watchPods(informers.pods, { cache, queue, isOurs }, signal);
  means.metrics.observe(queue);
  const close = (): void => queue.close();
  signal.addEventListener('abort', close, { once: true });
  if (signal.aborted) close();
  const upkeep = every(clock, UNSCHEDULABLE_CHECK_MS, () => {
    queue.flush();
    const expired = cache.expire();
    if (expired > 0) logger.warn({ expired }, 'bound pods were never seen: their room is free again');
  });
  const writes = createWrites();
  const attempt = createAttempt({ ...means, lister: informers.pods.lister, cache, queue, writes, signal });
  try {
    for (let turn = 1; ; turn++) {
      const queued = await queue.pop();
      if (queued === undefined) return;
      attempt(queued);
      await writes.room();
      // A long queue must not keep watches and answers waiting.
      if (turn % DECISIONS_PER_TURN === 0) await new Promise<void>((resolve) => setImmediate(resolve));
    }
  } finally {
    signal.removeEventListener('abort', close);
    close();
    upkeep.cancel();
    await writes.all();
  }
}

/** The order of the first profile, and what each plugin of any profile says that it waits for. */
function queueRules(profiles: readonly Profile[]): Pick<QueueOptions, 'less' | 'wakes'> {
  const plugins = profiles.flatMap((profile) => profile.plugins.map(({ plugin }) => plugin));
  const sort = defined(
    plugins.find((plugin) => plugin.less !== undefined),
    'a plugin that sorts the queue',
  );
  const wakesOn = new Map(plugins.map((plugin) => [plugin.name, plugin.wakesOn]));
  return {
    less: (a, b) => sort.less?.(a, b) ?? false,
    wakes: (event, rejectedBy) =>
      rejectedBy.size === 0 || [...rejectedBy].some((name) => wakesOn.get(name)?.includes(event) ?? true),
  };
}
