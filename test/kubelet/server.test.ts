// The kubelet's server: who is answered, and how logs are asked for.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openAuthority } from '../../cluster/certificates.ts';
import { parseLogQuery } from '../../src/kubelet/server/log-request.ts';
import { AnswerError, type KubeletServer, startKubeletServer } from '../../src/kubelet/server/server.ts';
import { silentLogger, systemClock } from '../../src/lib/index.ts';

let folder: string;
let server: KubeletServer;
let caPem: string;

const pem = (name: string) => ({
  cert: readFileSync(join(folder, `${name}.crt`), 'utf8'),
  key: readFileSync(join(folder, `${name}.key`), 'utf8'),
});

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'quorate-kubelet-server-'));
  const authority = await openAuthority(folder, 'c1', systemClock());
  caPem = authority.caPem;
  const certificate = (
    name: string,
    commonName: string,
    organization: string,
    usages: readonly ('server' | 'client')[],
  ) => authority.ensure({ name, commonName, organization, hosts: ['127.0.0.1'], usages });
  await certificate('serving', 'system:node:n1', 'system:nodes', ['server']);
  await certificate('api', 'kube-apiserver-kubelet-client', 'servers', ['client']);
  await certificate('admin', 'kubernetes-admin', 'system:masters', ['client']);
  await certificate('node', 'system:node:n2', 'system:nodes', ['client']);
  server = await startKubeletServer({
    listen: { host: '127.0.0.1', port: 0 },
    tls: { ...pem('serving'), clientCa: caPem },
    logger: silentLogger,
    pods: () => ({ kind: 'PodList', items: [] }),
    async logs(wanted) {
      if (wanted.container === 'absent') throw new AnswerError(404, 'container "absent" not found');
      return (async function* () {
        yield Buffer.from(`${wanted.namespace}/${wanted.pod}/${wanted.container} `);
        yield Buffer.from(JSON.stringify({ tail: wanted.tailLines, previous: wanted.previous }));
      })();
    },
  });
});

afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true });
});

function get(path: string, client?: string): Promise<{ readonly status: number; readonly body: string }> {
  return new Promise((resolve, reject) => {
    const identity = client === undefined ? {} : pem(client);
    const sent = request(
      { host: '127.0.0.1', port: server.port, path, ca: caPem, agent: false, ...identity },
      (answer) => {
        let body = '';
        answer.on('data', (chunk: Buffer) => {
          body += chunk.toString();
        });
        answer.once('end', () => resolve({ status: answer.statusCode ?? 0, body }));
      },
    );
    sent.once('error', reject);
    sent.end();
  });
}

describe("the kubelet's server", () => {
  it.each(['api', 'admin'])('answers %s', async (client) => {
    expect(await get('/healthz', client)).toEqual({ status: 200, body: 'ok' });
    expect((await get('/pods', client)).body).toContain('PodList');
  });

  it('refuses other identities of the cluster, and those who show none', async () => {
    expect((await get('/pods', 'node')).status).toBe(403);
    await expect(get('/pods')).rejects.toThrow();
  });

  it('streams logs, cut where it is asked to', async () => {
    const path = '/containerLogs/ns/my-pod/main';
    expect((await get(`${path}?tailLines=3&previous=true`, 'api')).body).toBe(
      'ns/my-pod/main {"tail":3,"previous":true}',
    );
    expect((await get(`${path}?limitBytes=5`, 'api')).body).toBe('ns/my');
  });

  it('says what is wrong with a request', async () => {
    expect((await get('/containerLogs/ns/my-pod/absent', 'api')).status).toBe(404);
    expect((await get('/containerLogs/ns/my-pod/main?tailLines=many', 'api')).status).toBe(400);
    expect((await get('/elsewhere', 'api')).status).toBe(404);
  });
});

describe('the query of a log request', () => {
  it('reads every option', () => {
    const query =
      'follow=true&previous=false&timestamps=1&tailLines=0&limitBytes=10&sinceSeconds=5&sinceTime=2026-01-01T00:00:00Z';
    expect(parseLogQuery(new URLSearchParams(query))).toEqual({
      follow: true,
      previous: false,
      timestamps: true,
      tailLines: 0,
      limitBytes: 10,
      sinceSeconds: 5,
      sinceTimeMs: Date.UTC(2026, 0, 1),
    });
  });

  it.each(['tailLines=-1', 'limitBytes=0', 'sinceSeconds=1.5', 'sinceTime=yesterday'])('refuses %s', (query) => {
    expect(parseLogQuery(new URLSearchParams(query))).toMatch(/Invalid value/);
  });
});
