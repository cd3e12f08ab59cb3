// The simulated runtime keeps the contract, on the real clock.
import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { simulatedRuntime } from '../../src/kubelet/index.ts';
import { silentLogger } from '../../src/lib/index.ts';
import { runtimeContract } from './runtime-contract.ts';
import { clock } from './support/cluster.ts';

const root = mkdtempSync(join(tmpdir(), 'quorate-simulated-'));

runtimeContract({
  name: 'simulated',
  image: 'busybox:1.35',
  open: (cluster, node) =>
    simulatedRuntime({ cluster, node, nodeIndex: 1, directory: join(root, node), clock, logger: silentLogger }),
  cleanUp: () => rm(root, { recursive: true, force: true }),
});
