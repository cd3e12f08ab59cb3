// Runs the probes of running containers on the clock, and keeps their verdicts. A verdict belongs to a container's id, so
// a restarted container starts anew. Startup probes hold back the other two until they pass. A probe that could not be
// asked at all (the runtime fails, its port has no number) says nothing about the container: it changes no verdict.
import type { Container, Pod, Probe, Served } from '../../api/index.ts';
import { type Clock, messageOf, type Prng, type Timer } from '../../lib/index.ts';
import { PROBE_DETAIL_LIMIT_CHARACTERS } from '../limits.ts';
import { allContainers, identityOf } from '../pods/spec.ts';
import type { ContainerRecord, ContainerRuntime, ProbeAnswer } from '../runtime/port.ts';
import { afterAnswer, FIRST_RUN, type ProbeKind, type ProbeRun, type ProbeVerdict, verdictOf } from './state.ts';

export interface ProbeOptions {
  readonly runtime: ContainerRuntime;
  readonly clock: Clock;
  readonly random: Prng;
  /** A verdict of this pod changed. */
  readonly changed: (podUid: string) => void;
  /** For the event Unhealthy: `complaint` continues the words `Liveness probe`. */
  readonly unhealthy: (pod: Served<Pod>, container: string, kind: ProbeKind, complaint: string) => void;
}

interface Watched {
  readonly probes: Readonly<Record<ProbeKind, Probe | undefined>>;
  readonly runs: Record<ProbeKind, ProbeRun>;
  readonly timers: Partial<Record<ProbeKind, Timer>>;
  verdict: ProbeVerdict;
  closed: boolean;
}

/** What came of asking: an answer, or the reason why there is none. */
type Outcome = ProbeAnswer | { readonly success: undefined; readonly detail: string };

const KINDS: readonly ProbeKind[] = ['startup', 'readiness', 'liveness'];

export class Prober {
  readonly #options: ProbeOptions;
  /** By pod uid, then container id. */
  readonly #pods = new Map<string, Map<string, Watched>>();

  constructor(options: ProbeOptions) {
    this.#options = options;
  }

  /** Starts probes of containers that run now, and ends those of containers that do not. Answers all verdicts. */
  observe(
    pod: Served<Pod>,
    podIp: string | undefined,
    records: readonly ContainerRecord[],
  ): ReadonlyMap<string, ProbeVerdict> {
    const watched = this.#pods.get(pod.metadata.uid) ?? new Map<string, Watched>();
    this.#pods.set(pod.metadata.uid, watched);
    const running = new Set(records.filter(({ state }) => state === 'running').map(({ id }) => id));
    for (const [id, entry] of watched) {
      if (running.has(id)) continue;
      close(entry);
      watched.delete(id);
    }
    for (const record of records) {
      if (!running.has(record.id) || watched.has(record.id)) continue;
      const found = allContainers(pod).find(({ container }) => container.name === record.name);
      if (found === undefined || found.role === 'init') continue;
      watched.set(record.id, this.#watch(pod, found.container, record, podIp ?? ''));
    }
    return new Map([...watched].map(([id, { verdict }]) => [id, verdict]));
  }

  /** The pod ends: startup and liveness probes would only disturb. */
  forget(podUid: string): void {
    for (const entry of this.#pods.get(podUid)?.values() ?? []) close(entry);
    this.#pods.delete(podUid);
  }

  close(): void {
    for (const uid of [...this.#pods.keys()]) this.forget(uid);
  }

  #watch(pod: Served<Pod>, container: Container, record: ContainerRecord, podIp: string): Watched {
    const probes = {
      startup: container.startupProbe,
      readiness: container.readinessProbe,
      liveness: container.livenessProbe,
    };
    const runs = { startup: FIRST_RUN, readiness: FIRST_RUN, liveness: FIRST_RUN };
    const entry: Watched = { probes, runs, timers: {}, verdict: verdictOf(probes, runs), closed: false };
    for (const kind of KINDS) {
      const probe = probes[kind];
      if (probe === undefined) continue;
      const elapsedMs = this.#options.clock.now() - record.startedAtMs;
      const delayMs = Math.max(0, (probe.initialDelaySeconds ?? 0) * 1_000 - elapsedMs);
      const ask = (): void => void this.#ask(pod, container, record, podIp, kind, probe, entry);
      entry.timers[kind] = this.#options.clock.timer(delayMs, ask);
    }
    return entry;
  }

  async #ask(
    pod: Served<Pod>,
    container: Container,
    record: ContainerRecord,
    podIp: string,
    kind: ProbeKind,
    probe: Probe,
    entry: Watched,
  ): Promise<void> {
    const { clock, changed, unhealthy } = this.#options;
    const held = kind === 'startup' ? entry.verdict.started : !entry.verdict.started;
    if (!held) {
      const answer = await this.#answer(pod, container, record, podIp, probe);
      if (entry.closed) return;
      if (!answer.success) {
        const what = answer.success === undefined ? 'errored and resulted in unknown state' : 'failed';
        const detail = answer.detail.slice(0, PROBE_DETAIL_LIMIT_CHARACTERS);
        unhealthy(pod, container.name, kind, `${what}: ${detail}`);
      }
      if (answer.success !== undefined) entry.runs[kind] = afterAnswer(entry.runs[kind], probe, answer.success);
      const verdict = verdictOf(entry.probes, entry.runs);
      const before = entry.verdict;
      entry.verdict = verdict;
      if (verdict.ready !== before.ready || verdict.started !== before.started || verdict.failed !== before.failed) {
        changed(pod.metadata.uid);
      }
    }
    if (entry.closed || (kind === 'startup' && entry.verdict.started)) return;
    const again = (): void => void this.#ask(pod, container, record, podIp, kind, probe, entry);
    // Probes wait for the startup probe in short steps, so that they begin when it passes.
    const periodMs = held && kind !== 'startup' ? 1_000 : (probe.periodSeconds ?? 10) * 1_000;
    entry.timers[kind] = clock.timer(periodMs, again);
  }

  async #answer(
    pod: Served<Pod>,
    container: Container,
    record: ContainerRecord,
    podIp: string,
    probe: Probe,
  ): Promise<Outcome> {
    const { runtime, clock } = this.#options;
    const timeoutMs = (probe.timeoutSeconds ?? 1) * 1_000;
    const target = (host: string | undefined, port: string | number) => ({
      pod: identityOf(pod),
      container: container.name,
      host: host === undefined || host === '' ? podIp : host,
      port: knownPort(container, port),
    });
    try {
      if (probe.httpGet !== undefined) {
        const { scheme, path = '/', httpHeaders = [], host, port } = probe.httpGet;
        const request = {
          scheme: scheme === 'HTTPS' ? ('https' as const) : ('http' as const),
          path: path.startsWith('/') ? path : `/${path}`,
          headers: httpHeaders,
        };
        return await runtime.probeHttp(target(host, port), request, timeoutMs);
      }
      if (probe.tcpSocket !== undefined) {
        return await runtime.probeTcp(target(probe.tcpSocket.host, probe.tcpSocket.port), timeoutMs);
      }
      if (probe.exec !== undefined)
        return await execProbe(runtime, clock, record.id, probe.exec.command ?? [], timeoutMs);
      return { success: true, detail: 'a probe of a kind that this kubelet does not run counts as passed' };
    } catch (error) {
      return { success: undefined, detail: messageOf(error) };
    }
  }
}

/** Throws what the runtime throws; a command that takes too long is a failure. */

async function execProbe(
  runtime: ContainerRuntime,
  clock: Clock,
  id: string,
  command: readonly string[],
  timeoutMs: number,
): Promise<ProbeAnswer> {
  const patience = new AbortController();
  const timer = clock.timer(timeoutMs, () => patience.abort());
  try {
    const { exitCode, output } = await runtime.exec(id, command, patience.signal);
    return { success: exitCode === 0, detail: output };
  } catch (error) {
    if (!patience.signal.aborted) throw error;
    return { success: false, detail: `command ${JSON.stringify(command)} timed out` };
  } finally {
    timer.cancel();
  }
}

/** A port by number, by the decimal text of one, or by the name of one of the container's. */
export function portNumber(container: Container, port: string | number): number {
  const number = Number(port);
  if (Number.isInteger(number)) return number;
  return container.ports?.find(({ name }) => name === port)?.containerPort ?? 0;
}

function knownPort(container: Container, port: string | number): number {
  const number = portNumber(container, port);
  if (number === 0) throw new Error(`couldn't find port: ${port}`);
  return number;
}

function close(entry: Watched): void {
  entry.closed = true;
  for (const timer of Object.values(entry.timers)) timer.cancel();
}
