// The metrics of the API server, under the names that Kubernetes' dashboards and alerts know.
import { Counter, Gauge, Histogram, type Registry } from '../../lib/index.ts';
import type { RequestInfo, ResourceRequest } from '../request-info/parse.ts';

export interface ServerMetrics {
  /** One answered request. `code` is 0 for streams whose status is not ours to know. */
  observe(info: RequestInfo, code: number, seconds: number): void;
  /** Requests that are being answered, without watches and logs: counted here, shown when somebody looks. */
  readonly inFlight: { readOnly: number; mutating: number };
  readonly watches: Gauge<'group' | 'version' | 'kind'>;
  readonly watchEvents: Counter<'group' | 'version' | 'kind'>;
  readonly watchesTerminated: Counter<'reason'>;
  /** The text of /metrics. */
  expose(): Promise<string>;
}

const LABELS = ['verb', 'group', 'version', 'resource', 'subresource', 'scope', 'code'] as const;
/** Combinations of labels that are remembered. */
const PLACES_LIMIT = 4_096;
const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

/** `isServed` tells whether the API has what a request names: only that becomes a label. */
export function createServerMetrics(registry: Registry, isServed: (info: ResourceRequest) => boolean): ServerMetrics {
  const registers = [registry];
  const requests = requestMetrics(registry, isServed);
  const watchLabels = ['group', 'version', 'kind'] as const;
  return {
    observe: (info, code, seconds) => requests(info, code).count(seconds),
    inFlight: inFlightGauge(registry),
    watches: new Gauge({
      name: 'apiserver_longrunning_requests',
      help: 'Watches that are open.',
      labelNames: watchLabels,
      registers,
    }),
    watchEvents: new Counter({
      name: 'apiserver_watch_events_total',
      help: 'Events sent to watchers.',
      labelNames: watchLabels,
      registers,
    }),
    watchesTerminated: new Counter({
      name: 'apiserver_terminated_watchers_total',
      help: 'Watches that were ended early, by reason.',
      labelNames: ['reason'],
      registers,
    }),
    expose: () => registry.metrics(),
  };
}

interface Place {
  /** One request that took so long. */
  count(seconds: number): void;
}

/** What labels lead to is looked up once for each combination: finding it costs more than counting. */
function requestMetrics(
  registry: Registry,
  isServed: (info: ResourceRequest) => boolean,
): (info: RequestInfo, code: number) => Place {
  const registers = [registry];
  const total = new Counter({
    name: 'apiserver_request_total',
    help: 'Requests answered, by what they asked for and the status code.',
    labelNames: LABELS,
    registers,
  });
  const duration = new Histogram({
    name: 'apiserver_request_duration_seconds',
    help: 'Time from the request line to the answer; watches are not counted.',
    labelNames: ['verb', 'group', 'version', 'resource', 'subresource', 'scope'],
    buckets: SECONDS,
    registers,
  });
  const places = new Map<string, Place>();
  return (info, code) => {
    const key = keyOf(info, code);
    const known = places.get(key);
    if (known !== undefined) return known;
    const isNonsense = info.kind === 'resource' && !isServed(info);
    const labels = isNonsense ? { ...NO_PLACE, verb: METRIC_VERBS[info.verb] } : labelsOf(info);
    const counter = total.labels({ ...labels, code: String(code) });
    const timer = labels.verb === 'WATCH' ? undefined : duration.labels(labels);
    const place: Place = {
      count(seconds) {
        counter.inc();
        timer?.observe(seconds);
      },
    };
    // What clients make up is without end: neither series nor places may be made of it.
    if (!isNonsense && places.size < PLACES_LIMIT) places.set(key, place);
    return place;
  };
}

function keyOf(info: RequestInfo, code: number): string {
  if (info.kind !== 'resource') return `${info.kind}/${info.kind === 'nonResource' ? info.verb : ''}/${code}`;
  return `${info.verb}/${info.group}/${info.version}/${info.resource}/${info.subresource}/${scopeOf(info)}/${code}`;
}

function inFlightGauge(registry: Registry): ServerMetrics['inFlight'] {
  const inFlight = { readOnly: 0, mutating: 0 };
  new Gauge({
    name: 'apiserver_current_inflight_requests',
    help: 'Requests that are being answered, without watches and logs.',
    labelNames: ['request_kind'],
    registers: [registry],
    collect() {
      for (const [kind, count] of Object.entries(inFlight)) this.set({ request_kind: kind }, count);
    },
  });
  return inFlight;
}

const NO_PLACE = { group: '', version: '', resource: '', subresource: '', scope: '' };

function labelsOf(info: RequestInfo): Record<Exclude<(typeof LABELS)[number], 'code'>, string> {
  if (info.kind !== 'resource') {
    // Paths are the client's: as labels they would be without bound.
    const verb = info.kind === 'nonResource' ? info.verb.toUpperCase() : 'GET';
    return { verb, ...NO_PLACE };
  }
  const { group, version, resource, subresource } = info;
  return { verb: METRIC_VERBS[info.verb], group, version, resource, subresource, scope: scopeOf(info) };
}

function scopeOf({ name, namespace }: ResourceRequest): 'resource' | 'namespace' | 'cluster' {
  if (name !== '') return 'resource';
  return namespace !== '' ? 'namespace' : 'cluster';
}

const METRIC_VERBS = {
  create: 'POST',
  delete: 'DELETE',
  deletecollection: 'DELETECOLLECTION',
  get: 'GET',
  list: 'LIST',
  patch: 'PATCH',
  update: 'PUT',
  watch: 'WATCH',
  unknown: 'UNKNOWN',
} as const;
