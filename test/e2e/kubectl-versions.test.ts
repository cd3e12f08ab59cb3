// Old and new kubectl against one cluster on the simulated runtime.
import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { scratch, startUp, type Up } from './support/command.ts';
import { deploymentSequence } from './support/deployment-sequence.ts';
import { type Kubectl, kubectl, kubectlBinary } from './support/kubectl.ts';

const VERSIONS = ['1.27', '1.30', '1.33'];

describe('kubectl of several versions', () => {
  const folder = scratch();
  let up: Up;
  beforeAll(async () => {
    up = await startUp(folder.path, '--port', '0', '--runtime', 'simulated');
  });
  afterAll(async () => {
    await up.interrupt();
    folder.remove();
  });

  for (const version of VERSIONS) {
    const binary = kubectlBinary(version);
    if (binary === undefined) process.stderr.write(`skipped: kubectl ${version}: it is not on this machine\n`);
    const client = (): Kubectl => kubectl(up.status.kubeconfig, binary, version);

    it.skipIf(binary === undefined)(`${version} drives a deployment through its life`, async () => {
      await deploymentSequence(client(), `web-${version.replace('.', '-')}`, {
        logs: /simulated/,
        agrees: async () => {},
      });
    });

    it.skipIf(binary === undefined)(
      `${version} applies a manifest twice, and its changes, with validation`,
      async () => {
        const k = client();
        const name = `applied-${version.replace('.', '-')}`;
        expect(await apply(k, manifest(name, 1))).toContain('created');
        expect(await apply(k, manifest(name, 1))).toContain('unchanged');
        expect(await apply(k, manifest(name, 2))).toContain('configured');
        const wrong = await applyText(k, `${manifest(name, 2)}  wrongField: 1\n`);
        expect(wrong.stderr).toContain('unknown field "spec.wrongField"');
        await k.ok(`delete deployment ${name}`);
      },
    );
  }

  async function apply(k: Kubectl, text: string): Promise<string> {
    const result = await applyText(k, text);
    if (result.code !== 0) throw new Error(result.stderr);
    return result.stdout;
  }

  async function applyText(k: Kubectl, text: string): Promise<{ code: number; stdout: string; stderr: string }> {
    const file = `${folder.path}/manifest.yaml`;
    writeFileSync(file, text);
    return k(`apply -f ${file}`);
  }
});

function manifest(name: string, replicas: number): string {
  return `apiVersion: apps/v1
kind: Deployment
metadata:
  name: ${name}
spec:
  replicas: ${replicas}
  selector:
    matchLabels: { app: ${name} }
  template:
    metadata:
      labels: { app: ${name} }
    spec:
      containers:
        - name: main
          image: busybox:1.35
          command: [sleep, "3600"]
`;
}
