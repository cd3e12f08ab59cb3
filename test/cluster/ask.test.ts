// What the cluster is asked from outside, when the servers that answer die or talk nonsense.
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { ask, keptConnections, type Reply, tlsOf } from '../../cluster/ask.ts';
import { type Authority, openAuthority } from '../../cluster/certificates.ts';
import { probeReady } from '../../cluster/health.ts';
import { systemClock } from '../../src/lib/index.ts';

const HOST = '127.0.0.1';
let folder: string;
let authority: Authority;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'quorate-ask-'));
  authority = await openAuthority(folder, 'c1', systemClock());
  await authority.ensure({ name: 'server', commonName: 'server', hosts: [HOST], usages: ['server'] });
});
afterAll(() => rmSync(folder, { recursive: true }));

/** The port of a server that answers so. */
async function serving(answer: (response: ServerResponse) => void): Promise<number> {
  const tls = { cert: readFileSync(join(folder, 'server.crt')), key: readFileSync(join(folder, 'server.key')) };
  const server = createServer(tls, (_request, response) => answer(response));
  server.listen(0, HOST);
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

function question(port: number): Promise<Reply> {
  return ask({ address: { host: HOST, port }, path: '/', tls: tlsOf(authority.caPem) });
}

describe('a question to a server', () => {
  it('has its answer', async () => {
    const port = await serving((response) => response.writeHead(503).end('starting'));
    expect(await question(port)).toEqual({ kind: 'answer', status: 503, text: 'starting' });
  });

  it('ends when the server is killed in the middle of its answer', async () => {
    const port = await serving((response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('half', () => response.socket?.destroy());
    });
    expect(await question(port)).toMatchObject({ kind: 'none' });
  });

  it('ends when nobody listens, or the certificate is of another cluster', async () => {
    expect(await question(1)).toMatchObject({ kind: 'none' });
    const port = await serving((response) => response.end('hello'));
    const stranger = await openAuthority(join(folder, 'other'), 'c2', systemClock());
    const reply = await ask({ address: { host: HOST, port }, path: '/', tls: tlsOf(stranger.caPem) });
    expect(reply).toMatchObject({ kind: 'none' });
  });

  it('comes on the connection of the one before where they are kept, and on a new one where that has ended', async () => {
    const ports = new Set<number | undefined>();
    let closing = false;
    const port = await serving((response) => {
      ports.add(response.socket?.remotePort);
      if (closing) response.socket?.end();
      else response.end('hello');
    });
    const kept = keptConnections();
    onTestFinished(() => kept.destroy());
    const whom = { address: { host: HOST, port }, path: '/', tls: tlsOf(authority.caPem), kept };
    for (let i = 0; i < 3; i++) expect(await ask(whom)).toMatchObject({ kind: 'answer', text: 'hello' });
    expect(ports.size).toBe(1);
    closing = true;
    // Neither the connection that had ended nor the new one had an answer.
    expect(await ask(whom)).toMatchObject({ kind: 'none' });
    expect(ports.size).toBe(2);
    closing = false;
    expect(await ask(whom)).toMatchObject({ kind: 'answer', text: 'hello' });
  });

  it('about readiness keeps the reason short', async () => {
    const port = await serving((response) => response.writeHead(500).end('x'.repeat(10_000)));
    const reply = await probeReady({ address: { host: HOST, port }, tls: tlsOf(authority.caPem) });
    expect(reply).toEqual({ answered: true, ready: false, reason: 'x'.repeat(500) });
  });
});
