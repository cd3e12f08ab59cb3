// /livez, /readyz, /healthz: one line per check with ?verbose, and `ok` or the failed checks without.
import type { ServerContext } from '../context.ts';

interface Check {
  readonly name: string;
  /** Undefined when it passes; else what is wrong. */
  run(server: ServerContext): string | undefined;
}

export type HealthKind = 'livez' | 'readyz' | 'healthz';

const PING: Check = { name: 'ping', run: () => undefined };
const SHUTDOWN: Check = {
  name: 'shutdown',
  run: (server) => (server.draining ? 'process is shutting down' : undefined),
};
const STORE: Check = {
  name: 'store',
  run(server) {
    const { ready, reason } = server.options.store.status();
    return ready ? undefined : (reason ?? 'the store is not ready');
  },
};
const CHECKS: Readonly<Record<HealthKind, readonly Check[]>> = {
  // A server without a quorum is alive: restarting it would not help.
  livez: [PING],
  readyz: [PING, STORE, SHUTDOWN],
  healthz: [PING, STORE],
};

export interface HealthReport {
  readonly healthy: boolean;
  readonly text: string;
}

/** `only` names one check (/readyz/store); undefined for a check that does not exist. */
export function healthReport(
  server: ServerContext,
  kind: HealthKind,
  query: URLSearchParams,
  only?: string,
): HealthReport | undefined {
  const excluded = new Set(query.getAll('exclude'));
  const checks = CHECKS[kind].filter(({ name }) => only === undefined || name === only);
  if (only !== undefined && checks.length === 0) return undefined;
  const lines: string[] = [];
  let healthy = true;
  for (const check of checks) {
    if (excluded.delete(check.name)) {
      lines.push(`[+]${check.name} excluded: ok`);
      continue;
    }
    const problem = check.run(server);
    if (problem === undefined) {
      lines.push(`[+]${check.name} ok`);
    } else {
      healthy = false;
      lines.push(`[-]${check.name} failed: ${problem}`);
    }
  }
  if (excluded.size > 0) {
    const unknown = [...excluded].sort().map((name) => JSON.stringify(name));
    lines.push(`warn: some health checks cannot be excluded: no matches for ${unknown.join(',')}`);
  }
  if (healthy && !query.has('verbose')) return { healthy, text: 'ok' };
  return { healthy, text: `${lines.join('\n')}\n${kind} check ${healthy ? 'passed' : 'failed'}\n` };
}
