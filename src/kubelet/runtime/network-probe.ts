// HTTP and TCP probes over the network of this host: what a runtime uses whose pods the host can reach.
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { connect } from 'node:net';
import type { Clock } from '../../lib/index.ts';
import { PROBE_DETAIL_LIMIT_CHARACTERS } from '../limits.ts';
import type { HttpProbeRequest, ProbeAnswer, ProbeTarget } from './port.ts';

/** GETs the path; 200 to 399 is success. Certificates are not verified, redirects not followed, as for every probe. */
export function probeHttp(
  clock: Clock,
  target: ProbeTarget,
  wanted: HttpProbeRequest,
  timeoutMs: number,
): Promise<ProbeAnswer> {
  const headers: Record<string, string> = { 'User-Agent': 'kube-probe/1.36', Accept: '*/*', Connection: 'close' };
  for (const { name, value } of wanted.headers) headers[name] = value;
  return new Promise((resolve) => {
    const send = wanted.scheme === 'https' ? httpsRequest : httpRequest;
    const { host, port } = target;
    const options = { host, port, path: wanted.path, headers, agent: false as const, rejectUnauthorized: false };
    let finished = false;
    const finish = (answer: ProbeAnswer): void => {
      if (finished) return;
      finished = true;
      timer.cancel();
      resolve(answer);
      sent.destroy();
    };
    const url = `${wanted.scheme}://${host.includes(':') ? `[${host}]` : host}:${port}${wanted.path}`;
    const failed = (text: string): void =>
      finish({ success: false, detail: `Get "${url}": ${text}`.slice(0, PROBE_DETAIL_LIMIT_CHARACTERS) });
    const timer = clock.timer(timeoutMs, () => failed('context deadline exceeded (Client.Timeout exceeded)'));
    const sent = send(options, (response) => {
      const status = response.statusCode ?? 0;
      response.resume();
      const success = status >= 200 && status < 400;
      finish({ success, detail: success ? 'ok' : `HTTP probe failed with statuscode: ${status}` });
    });
    sent.on('error', (error) => failed(error.message));
    sent.end();
  });
}

/** Success is a connection. */
export function probeTcp(clock: Clock, target: ProbeTarget, timeoutMs: number): Promise<ProbeAnswer> {
  return new Promise((resolve) => {
    const socket = connect({ host: target.host, port: target.port });
    const finish = (answer: ProbeAnswer): void => {
      timer.cancel();
      socket.destroy();
      resolve(answer);
    };
    const timer = clock.timer(timeoutMs, () =>
      finish({ success: false, detail: `dial tcp ${target.host}:${target.port}: i/o timeout` }),
    );
    socket.once('connect', () => finish({ success: true, detail: 'ok' }));
    socket.once('error', (error) => finish({ success: false, detail: `dial tcp: ${error.message}` }));
  });
}
