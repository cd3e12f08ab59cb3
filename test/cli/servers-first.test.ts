// A worker lets the servers of its configuration go first, but not for ever.
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { serversFirst } from '../../src/cli/components/servers-first.ts';
import type { Environment } from '../../src/cli/environment.ts';
import { systemClock } from '../../src/lib/index.ts';
import { manualClock } from '../support/manual-clock.ts';
import { selfSigned } from '../support/self-signed.ts';

let folder: string;
let server: Server;
let asked: number;
let status: number;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'quorate-first-'));
  const { cert, key } = await selfSigned();
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
