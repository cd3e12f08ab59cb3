// Kubeconfigs as kubectl writes them, and what is wrong with others.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { loadKubeconfig } from '../../src/client/index.ts';

function write(text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'kubeconfig-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'ca.crt'), 'CA');
  writeFileSync(join(folder, 'config'), text);
  return join(folder, 'config');
}

const config = (cluster: string, user: string): string => `
apiVersion: v1
kind: Config
current-context: here
contexts: [{name: other, context: {cluster: x, user: x}}, {name: here, context: {cluster: c, user: u}}]
clusters: [{name: c, cluster: ${cluster}}]
users: [{name: u, user: ${user}}]
`;
const base64 = (text: string): string => Buffer.from(text).toString('base64');

describe('loadKubeconfig', () => {
  it('reads inline credentials', () => {
    const path = write(
      config(
        `{server: "https://127.0.0.1:6443", certificate-authority-data: ${base64('CA')}}`,
        `{client-certificate-data: ${base64('CERT')}, client-key-data: ${base64('KEY')}}`,
      ),
    );
    expect(loadKubeconfig(path)).toEqual({
      endpoints: ['https://127.0.0.1:6443'],
      tls: { ca: 'CA', cert: 'CERT', key: 'KEY' },
    });
  });

  it('reads files beside it, and tokens', () => {
    const path = write(config('{server: "https://h:1", certificate-authority: ca.crt}', '{token: secret}'));
    expect(loadKubeconfig(path)).toMatchObject({ endpoints: ['https://h:1'], tls: { ca: 'CA' }, token: 'secret' });
  });

  it.each([
    ['a context without a cluster', config('{}', '{}'), 'no cluster'],
    [
      'skipped verification',
      config('{server: "https://h:1", insecure-skip-tls-verify: true}', '{}'),
      'skip verification',
    ],
    ['a credential program', config('{server: "https://h:1"}', '{exec: {command: aws}}'), 'from a program'],
    ['a file that is missing', config('{server: "https://h:1", certificate-authority: gone.crt}', '{}'), 'gone.crt'],
    ['text', 'hello', 'not a kubeconfig'],
    ['broken yaml', 'a: [', 'cannot read'],
  ])('refuses %s with a remedy', (_what, text, message) => {
    const path = write(text);
    expect(() => loadKubeconfig(path)).toThrow(message);
    expect(() => loadKubeconfig(path)).toThrow(expect.objectContaining({ remedy: expect.any(String) }));
  });
});
