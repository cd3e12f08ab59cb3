// Which part of a pod an event is about, and how long a pull took, in Kubernetes' words.
import { expect, test } from 'vitest';
import { containerPath } from '../../src/kubelet/pods/container-events.ts';
import { durationText } from '../../src/kubelet/pods/image-puller.ts';

test('a container is named by its place in the spec', () => {
  const pod = {
    spec: {
      containers: [{ name: 'main' }],
      initContainers: [{ name: 'init' }],
      ephemeralContainers: [{ name: 'debug' }],
    },
  };
  expect(containerPath(pod, 'main')).toBe('spec.containers{main}');
  expect(containerPath(pod, 'init')).toBe('spec.initContainers{init}');
  expect(containerPath(pod, 'debug')).toBe('spec.ephemeralContainers{debug}');
  expect(containerPath(pod, 'other')).toBeUndefined();
});

test.each([
  [0.4, '0s'],
  [104.2, '104ms'],
  [1_000, '1s'],
  [1_500, '1.5s'],
  [61_004, '1m1.004s'],
])('%d ms are %s', (milliseconds, text) => {
  expect(durationText(milliseconds)).toBe(text);
});
