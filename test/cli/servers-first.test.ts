// A worker lets the servers of its configuration go first, but not for ever.
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import 'reflect-metadata';
import * as x509 from '@peculiar/x509';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { serversFirst } from '../../src/cli/components/servers-first.ts';
import type { Environment } from '../../src/cli/environment.ts';
import { systemClock } from '../../src/lib/index.ts';
import { manualClock } from '../support/manual-clock.ts';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
let folder: string;
let server: Server;
let asked: number;
let status: number;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'quorate-first-'));
  const keys = await crypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const made = await x509.X509CertificateGenerator.createSelfSigned({
    name: 'CN=server',
    keys,
    notBefore: new Date(Date.UTC(2020, 0)),
    notAfter: new Date(Date.UTC(2040, 0)),
    signingAlgorithm: ALGORITHM,
    extensions: [new x509.SubjectAlternativeNameExtension([{ type: 'ip', value: '127.0.0.1' }])],
  });
  const cert = made.toString('pem');
  const key = x509.PemConverter.encode(await crypto.subtle.exportKey('pkcs8', keys.privateKey), 'PRIVATE KEY');
  writeFileSync(join(folder, 'ca.crt'), cert);
  asked = 0;
  status = 503;
  server = createServer({ cert, key }, (request, response) => {
    expect(request.url).toBe('/readyz');
    asked += 1;
    response.writeHead(status).end();
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
});
afterEach(async () => {
  server.closeAllConnections();
  server.close();
  rmSync(folder, { recursive: true, force: true });
});

function configFile(): string {
  const { port } = server.address() as AddressInfo;
  const file = join(folder, 'config.json');
  const client = { endpoints: [`https://127.0.0.1:${port}`] };
  writeFileSync(file, JSON.stringify({ kind: 'worker', caFile: join(folder, 'ca.crt'), client }));
  return file;
}

function environment(clock: Environment['clock']): Environment {
  return { clock, signal: new AbortController().signal } as Environment;
}

it('waits until a server says that it is ready', async () => {
  let over = false;
  const waits = serversFirst(configFile(), environment(systemClock())).then(() => {
    over = true;
  });
  while (asked < 2) await once(server, 'request');
  expect(over).toBe(false);
  status = 200;
  await waits;
});

it('goes on when no server is ready in time', async () => {
  const clock = manualClock();
  let over = false;
  const waits = serversFirst(configFile(), environment(clock)).then(() => {
    over = true;
  });
  while (!over) {
    clock.advance(50);
    await new Promise(setImmediate);
  }
  await waits;
  expect(asked).toBeGreaterThan(0);
});
