// Who speaks HTTP/2 to the server: clients with a certificate or a token, programs that are not ours, through the load balancer,
// and while it stops.
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { ClientHttp2Session } from 'node:http2';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createLoadBalancer } from '../../../cluster/load-balancer.ts';
import { findFreePorts } from '../../../cluster/ports.ts';
import { silentLogger, systemClock } from '../../../src/lib/index.ts';
import { selfSigned } from '../../support/self-signed.ts';
import { CONFIG_MAPS, configMap, PODS } from '../harness.ts';
import { answerOf, ask, connected, type Http2Answer, type Served, serveHttp2, until } from './served.ts';

const run = promisify(execFile);
const REVIEW = '/apis/authentication.k8s.io/v1/selfsubjectreviews';

let served: Served;
const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

describe('the identity of a client', () => {
  let own: { readonly cert: string; readonly key: string };

  beforeEach(async () => {
    own = await selfSigned();
    const staticTokens = new Map([['secret', { name: 'joe', uid: '7', groups: ['devs'], extra: {} }]]);
    served = await serveHttp2({ authentication: { staticTokens } }, { ...own, clientCa: own.cert });
    cleanups.push(() => served.close());
  });

  async function open(identity: object): Promise<ClientHttp2Session> {
    const session = await connected(served.url, identity);
    cleanups.push(() => session.destroy());
    return session;
  }

  function whoAmI(session: ClientHttp2Session, headers: Record<string, string> = {}): Promise<Http2Answer> {
    return ask(session, 'POST', REVIEW, { body: {}, headers });
  }

  it('is its certificate, for every request of its connection', async () => {
    const session = await open(own);
    const answers = await Promise.all([
      whoAmI(session),
      whoAmI(session),
      whoAmI(session, { authorization: 'Bearer secret' }),
    ]);
    for (const { status, body } of answers) expect([status, body.status.userInfo.username]).toEqual([201, 'server']);
  });

  it('is refused with a certificate of somebody else', async () => {
    expect((await whoAmI(await open(await selfSigned()))).status).toBe(401);
  });

  it('is the token of each request where there is no certificate', async () => {
    const session = await open({});
    const known = await whoAmI(session, { authorization: 'Bearer secret' });
    expect(known.body.status.userInfo).toMatchObject({ username: 'joe', groups: ['devs', 'system:authenticated'] });
    expect((await whoAmI(session, { authorization: 'Bearer wrong' })).status).toBe(401);
    expect((await ask(session, 'GET', PODS)).status).toBe(401);
    expect((await ask(session, 'GET', '/livez')).text).toBe('ok');
  });
});

describe('a server that stops', () => {
  let session: ClientHttp2Session;

  beforeEach(async () => {
    served = await serveHttp2();
    session = await served.session();
  });

  it('ends watches in good order, finishes what is under way, and is gone', async () => {
    const watching = session.request({ ':path': `${PODS}?watch=true&resourceVersion=1&allowWatchBookmarks=true` });
    const watched = answerOf(watching);
    await until(() => served.watches() === 1);
    const posting = session.request(
      { ':method': 'POST', ':path': CONFIG_MAPS, 'content-type': 'application/json' },
      { endStream: false },
    );
    const posted = answerOf(posting);
    const body = JSON.stringify(configMap('late'));
    await new Promise((resolve) => posting.write(body.slice(0, 10), resolve));
    await ask(session, 'GET', '/readyz');
    const goaway = once(session, 'goaway');
    const stopped = served.server.stop();
    const [code] = await goaway;
    expect([code, session.closed]).toEqual([0, true]);
    expect(() => session.request({ ':path': '/readyz' })).toThrow();
    posting.end(body.slice(10));
    expect((await posted).status).toBe(201);
    const { status, text } = await watched;
    expect([status, JSON.parse(text.trim()).type, watching.rstCode]).toEqual([200, 'BOOKMARK', 0]);
    await stopped;
    await expect(connected(served.url)).rejects.toThrow();
  });

  it('ends connections at rest at once', async () => {
    await ask(session, 'GET', '/version');
    const ended = new Promise<void>((resolve) => session.once('close', resolve));
    await Promise.all([served.server.stop(), ended]);
  });
});

describe('the load balancer', () => {
  it('lets a client agree on HTTP/2 with the server behind it', async () => {
    served = await serveHttp2();
    cleanups.push(() => served.close());
    const [port = 0] = await findFreePorts(1);
    const balancer = createLoadBalancer({
      listen: [{ host: '127.0.0.1', port }],
      servers: [{ host: '127.0.0.1', port: served.port }],
      caPem: '',
      clock: systemClock(),
      logger: silentLogger,
    });
    await balancer.start();
    cleanups.push(() => balancer.stop());
    const session = await connected(`https://127.0.0.1:${port}`);
    cleanups.push(() => session.destroy());
    expect(session.alpnProtocol).toBe('h2');
    expect((await ask(session, 'POST', CONFIG_MAPS, { body: configMap('through') })).status).toBe(201);
    const gone = new Promise<void>((resolve) => session.once('close', resolve));
    await Promise.all([served.server.stop(), gone]);
  });
});

/** What such a program says of itself; undefined when it is not there. */
async function versionOf(program: string, flag: string): Promise<string | undefined> {
  return run(program, [flag]).then(
    ({ stdout }) => stdout,
    () => undefined,
  );
}

const CURL = await versionOf('curl', '--version');
const GO = await versionOf('go', 'version');

describe('programs of others', () => {
  beforeEach(async () => {
    served = await serveHttp2();
    cleanups.push(() => served.close());
  });

  it('such as curl: a request, a body, and an upload that is too large', async (test) => {
    if (CURL?.includes('HTTP2') !== true) test.skip('there is no curl that speaks HTTP/2');
    const curl = async (...args: string[]): Promise<string> => {
      const shown = ['-sk', '--http2', '-w', ' %{http_version} %{http_code}'];
      return (await run('curl', [...shown, ...args], { maxBuffer: 1 << 24 })).stdout;
    };
    expect(await curl(`${served.url}/readyz`)).toBe('ok 2 200');
    expect(await curl('-I', '-o', '/dev/null', `${served.url}${CONFIG_MAPS}`)).toBe(' 2 200');
    expect(await curl('--http1.1', `${served.url}/readyz`)).toBe('ok 1.1 200');
    const folder = await mkdtemp(join(tmpdir(), 'quorate-curl-'));
    cleanups.push(() => rm(folder, { recursive: true }));
    const post = ['-H', 'content-type: application/json', '-o', '/dev/null', `${served.url}${CONFIG_MAPS}`];
    for (const [bytes, status] of [
      [100, 201],
      [900_000, 201],
      [4_000_000, 413],
    ]) {
      const file = join(folder, `${bytes}.json`);
      await writeFile(file, JSON.stringify(configMap(`c${bytes}`, { a: 'x'.repeat(Number(bytes)) })));
      expect(await curl('--data-binary', `@${file}`, ...post)).toBe(` 2 ${status}`);
    }
  });

  it("such as Go's net/http, which client-go uses: requests and watches share its connection", async (test) => {
    if (GO === undefined) test.skip('there is no go');
    const folder = await mkdtemp(join(tmpdir(), 'quorate-go-'));
    cleanups.push(() => rm(folder, { recursive: true }));
    const file = join(folder, 'main.go');
    await writeFile(file, GO_PROGRAM);
    const { stdout } = await run('go', ['run', file, served.url], {
      env: { ...process.env, GO111MODULE: 'off', GOFLAGS: '', GOCACHE: join(folder, 'cache') },
      timeout: 120_000,
    });
    expect(stdout.trim().split('\n')).toEqual(['HTTP/2.0 201', 'HTTP/2.0 ADDED', 'HTTP/2.0 404', 'connections 1']);
    await until(() => served.watches() === 0);
  }, 150_000);
});

const GO_PROGRAM = `package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
)

func main() {
	url := os.Args[1] + "${CONFIG_MAPS}"
	var connections int32
	transport := &http.Transport{
		ForceAttemptHTTP2: true,
		TLSClientConfig:   &tls.Config{InsecureSkipVerify: true},
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			atomic.AddInt32(&connections, 1)
			return (&net.Dialer{}).DialContext(ctx, network, address)
		},
	}
	client := &http.Client{Transport: transport}
	body := strings.NewReader(\`{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"from-go"}}\`)
	made, err := client.Post(url, "application/json", body)
	fail(err)
	made.Body.Close()
	fmt.Println(made.Proto, made.StatusCode)
	ctx, cancel := context.WithCancel(context.Background())
	request, err := http.NewRequestWithContext(ctx, "GET", url+"?watch=true&fieldSelector=metadata.name%3Dfrom-go", nil)
	fail(err)
	watch, err := client.Do(request)
	fail(err)
	line, err := bufio.NewReader(watch.Body).ReadString('\\n')
	fail(err)
	fmt.Println(watch.Proto, strings.Split(line, "\\"")[3])
	missing, err := client.Get(url + "/missing")
	fail(err)
	missing.Body.Close()
	fmt.Println(missing.Proto, missing.StatusCode)
	cancel()
	fmt.Println("connections", atomic.LoadInt32(&connections))
}

func fail(err error) {
	if err != nil {
		panic(err)
	}
}
`;
