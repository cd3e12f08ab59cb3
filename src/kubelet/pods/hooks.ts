// Runs lifecycle hooks: exec, httpGet, tcpSocket and sleep.
import type { Container, Pod, Served } from '../../api/index.ts';
import { messageOf, sleep } from '../../lib/index.ts';
import { HOOK_TIMEOUT_MS } from '../limits.ts';
import { portNumber } from '../probes/prober.ts';
import type { KubeletParts } from './parts.ts';
import { identityOf } from './spec.ts';

export type Hook = NonNullable<NonNullable<Container['lifecycle']>['preStop']>;

export interface HookTarget {
  readonly pod: Served<Pod>;
  readonly container: Container;
  /** The runtime's id of the container. */
  readonly id: string;
  readonly podIp: string;
}

/** Runs a hook until it ends or `signal` aborts. Returns what went wrong, or undefined. */
export async function runHook(
  parts: KubeletParts,
  target: HookTarget,
  hook: Hook,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { runtime, clock } = parts;
  const { pod, container, podIp } = target;
  const place = (host: string | undefined, port: string | number) => ({
    pod: identityOf(pod),
    container: container.name,
    host: host === undefined || host === '' ? podIp : host,
    port: portNumber(container, port),
  });
  try {
    if (hook.sleep !== undefined) {
      await sleep(clock, hook.sleep.seconds * 1_000, signal);
    } else if (hook.exec !== undefined) {
      const { exitCode, output } = await runtime.exec(target.id, hook.exec.command ?? [], signal);
      if (exitCode !== 0) return `command exited with ${exitCode}: ${output}`;
    } else if (hook.httpGet !== undefined) {
      const { scheme, path = '/', host, port, httpHeaders = [] } = hook.httpGet;
      const request = {
        scheme: scheme === 'HTTPS' ? ('https' as const) : ('http' as const),
        path,
        headers: httpHeaders,
      };
      const answer = await runtime.probeHttp(place(host, port), request, HOOK_TIMEOUT_MS);
      if (!answer.success) return answer.detail;
    } else if (hook.tcpSocket !== undefined) {
      const answer = await runtime.probeTcp(place(hook.tcpSocket.host, hook.tcpSocket.port), HOOK_TIMEOUT_MS);
      if (!answer.success) return answer.detail;
    }
    return undefined;
  } catch (error) {
    return signal.aborted ? 'it did not end in time' : messageOf(error);
  }
}
