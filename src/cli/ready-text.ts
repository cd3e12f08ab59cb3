// What a newcomer sees when the cluster is ready: where it is, who leads, and what to try.
import type { ClusterStatus } from '../../cluster/index.ts';
import { coloursFor, table } from './output.ts';

export interface ReadyReport {
  readonly status: ClusterStatus;
  readonly tookMs: number;
  readonly resumed: boolean;
  readonly detached: boolean;
}

/** The text, in colour when standard output is a terminal. */
export function readyText({ status, tookMs, resumed, detached }: ReadyReport): string {
  const { bold, green, dim } = coloursFor(process.stdout);
  const pid = (value: number | null): string => `pid ${value ?? '-'}`;
  const rows = [
    ...status.servers.map((server) => [server.id, server.url, server.role, pid(server.pid)]),
    ...status.workers.map((worker) => [worker.name, `runtime ${worker.runtime}`, '', pid(worker.pid)]),
  ];
  const leader = status.servers.find((server) => server.id === status.leader);
  return [
    '',
    `${green(bold('The cluster is ready'))} ${dim(`(${resumed ? 'resumed' : 'new'}, after ${(tookMs / 1000).toFixed(1)} s)`)}`,
    '',
    `  endpoint    ${status.endpoint}`,
    `  kubeconfig  export KUBECONFIG=${status.kubeconfig}`,
    '',
    table(rows, '  '),
    '',
    bold('Try next'),
    '  kubectl get nodes',
    '  kubectl create deployment web --image=busybox:1.35 --replicas=3 -- httpd -f -p 80',
    '  kubectl get pods -o wide --watch',
    ...(leader?.pid
      ? [`  kill -9 ${leader.pid}   ${dim('# the leader: kubectl goes on, and `quorate status` shows who took over')}`]
      : []),
    '',
    detached
      ? 'It runs in the background: `quorate down` stops it, and the next `quorate up` resumes it.'
      : 'Ctrl-C stops it; the next start resumes it with all its objects.',
    '',
  ].join('\n');
}
