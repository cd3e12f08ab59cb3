// The metrics of the API server, under the names that Kubernetes' dashboards and alerts know.
import { Counter, Gauge, Histogram, type Registry } from '../../lib/index.ts';
import type { RequestInfo } from '../request-info/parse.ts';

export interface ServerMetrics {
  /** One answered request. `code` is 0 for streams whose status is not ours to know. */
  observe(info: RequestInfo, code: number, seconds: number): void;
  readonly inFlight: Gauge<'request_kind'>;
  readonly watches: Gauge<'group' | 'version' | 'kind'>;
  readonly watchEvents: Counter<'group' | 'version' | 'kind'>;
  readonly watchesTerminated: Counter<'reason'>;
  /** The text of /metrics. */
  expose(): Promise<string>;
}

const LABELS = ['verb', 'group', 'version', 'resource', 'subresource', 'scope', 'code'] as const;
const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

export function createServerMetrics(registry: Registry): ServerMetrics {
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
  const watchLabels = ['group', 'version', 'kind'] as const;
  return {
    observe(info, code, seconds) {
      const labels = labelsOf(info);
      total.inc({ ...labels, code: String(code) });
      if (labels.verb !== 'WATCH') duration.observe(labels, seconds);
    },
    inFlight: new Gauge({
      name: 'apiserver_current_inflight_requests',
      help: 'Requests that are being answered, without watches and logs.',
      labelNames: ['request_kind'],
      registers,
    }),
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

function labelsOf(info: RequestInfo): Record<Exclude<(typeof LABELS)[number], 'code'>, string> {
  if (info.kind !== 'resource') {
    // Paths are the client's: as labels they would be without bound.
    const verb = info.kind === 'nonResource' ? info.verb.toUpperCase() : 'GET';
    return { verb, group: '', version: '', resource: '', subresource: '', scope: '' };
  }
  const scope = info.name !== '' ? 'resource' : info.namespace !== '' ? 'namespace' : 'cluster';
  const { group, version, resource, subresource } = info;
  return { verb: METRIC_VERBS[info.verb], group, version, resource, subresource, scope };
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
