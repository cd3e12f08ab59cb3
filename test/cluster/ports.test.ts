// Ports on loopback: who has one, and who listens.

import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { findFreePorts, isFree, isListening } from '../../cluster/ports.ts';

describe('a port', () => {
  it('is free and silent until somebody listens at it', async () => {
    const [port = 0] = await findFreePorts(1);
    expect([await isFree(port), await isListening(port)]).toEqual([true, false]);
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    expect([await isFree(port), await isListening(port)]).toEqual([false, true]);
    await new Promise((resolve) => server.close(resolve));
  });
});
