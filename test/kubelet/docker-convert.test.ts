// What Docker says about a container, as the kubelet understands it.
import type { ContainerInspectInfo } from 'dockerode';
import { describe, expect, it } from 'vitest';
import { containerRecord } from '../../src/kubelet/runtime/docker/convert.ts';

const STARTED = '2026-01-01T00:00:01Z';

function record(state: { Status: string; Running?: boolean; StartedAt?: string; Error?: string }) {
  return containerRecord({
    Id: 'c',
    Created: '2026-01-01T00:00:00Z',
    Image: 'sha256:i',
    Config: { Image: 'i', Labels: {} },
    State: {
      Running: false,
      StartedAt: '0001-01-01T00:00:00Z',
      FinishedAt: '0001-01-01T00:00:00Z',
      ExitCode: 0,
      OOMKilled: false,
      ...state,
    },
  } as unknown as ContainerInspectInfo);
}

describe('a container of Docker', () => {
  it.each([
    ['created', { Status: 'created' }, 'created'],
    ['whose start failed', { Status: 'created', Error: 'no such file' }, 'exited'],
    ['running', { Status: 'running', Running: true, StartedAt: STARTED }, 'running'],
    ['paused', { Status: 'paused', Running: true, StartedAt: STARTED }, 'running'],
    ['exited', { Status: 'exited', StartedAt: STARTED }, 'exited'],
    ['half removed', { Status: 'dead', StartedAt: STARTED }, 'exited'],
    ['that somebody is removing', { Status: 'removing', StartedAt: STARTED }, 'exited'],
  ] as const)('%s', (_what, state, expected) => {
    expect(record(state).state).toBe(expected);
  });
});
