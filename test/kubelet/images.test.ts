// Names of images, and when one is pulled.
import { describe, expect, it } from 'vitest';
import type { Pod, Served } from '../../src/api/index.ts';
import { ImagePuller } from '../../src/kubelet/pods/image-puller.ts';
import { referenceProblem, repositoryOf, tagOf, withTag } from '../../src/kubelet/runtime/images.ts';
import { type ContainerRuntime, ImageError, type ImageInfo } from '../../src/kubelet/runtime/port.ts';
import { manualClock } from '../support/manual-clock.ts';

describe('the name of an image', () => {
  it.each([
    ['busybox', 'busybox', 'latest', 'busybox:latest'],
    ['busybox:1.35', 'busybox', '1.35', 'busybox:1.35'],
    ['host:5000/a/b', 'host:5000/a/b', 'latest', 'host:5000/a/b:latest'],
    ['host:5000/a/b:v1', 'host:5000/a/b', 'v1', 'host:5000/a/b:v1'],
    [`a@sha256:${'0'.repeat(64)}`, 'a', undefined, `a@sha256:${'0'.repeat(64)}`],
  ])('%s is read as Docker reads it', (reference, repository, tag, tagged) => {
    expect([repositoryOf(reference), tagOf(reference), withTag(reference), referenceProblem(reference)]).toEqual([
      repository,
      tag,
      tagged,
      undefined,
    ]);
  });

  it.each(['', 'Upper', 'a b', 'a:', ':1', 'a/', 'a@sha256:12'])('%j is refused', (reference) => {
    expect(referenceProblem(reference)).toMatch('invalid reference format');
  });
});

describe('an image', () => {
  const pod: Served<Pod> = {
    metadata: { name: 'p', namespace: 'n', uid: 'u', resourceVersion: '1', creationTimestamp: '' },
    spec: { containers: [] },
  };
  const never = new AbortController().signal;
  const info = (name: string): ImageInfo => ({ id: `sha256:${name}`, sizeBytes: 1, names: [name], user: '' });

  function setUp(present: readonly string[], reachable: () => boolean) {
    const clock = manualClock();
    const told: string[] = [];
    let pulls = 0;
    const runtime = {
      image: async (name: string) => (present.includes(name) ? info(name) : undefined),
      images: async () => present.map(info),
      async pullImage(name: string) {
        pulls += 1;
        if (!reachable()) throw new ImageError('no such host');
        return info(name);
      },
    } as unknown as ContainerRuntime;
    const events = {
      event: (_pod: unknown, _type: string, reason: string, message: string) => told.push(`${reason}: ${message}`),
    };
    const puller = new ImagePuller(runtime, clock, events);
    const ensure = (image: string, imagePullPolicy?: string) =>
      puller
        .ensure(pod, { name: 'c', image, ...(imagePullPolicy === undefined ? {} : { imagePullPolicy }) }, never)
        .then(
          () => 'there',
          (error: { reason: string; message: string }) => `${error.reason}: ${error.message}`,
        );
    return { clock, told, puller, ensure, pulls: () => pulls };
  }

  it('that is present is not pulled, unless Always says so', async () => {
    const { ensure, pulls } = setUp(['a:1', 'a:latest'], () => true);
    expect([await ensure('a:1'), await ensure('a:1', 'Never'), pulls()]).toEqual(['there', 'there', 0]);
    expect([await ensure('a:1', 'Always'), await ensure('a:latest'), pulls()]).toEqual(['there', 'there', 2]);
  });

  it('that is absent under Never is an error of its own', async () => {
    const { ensure } = setUp([], () => true);
    expect(await ensure('a:1', 'Never')).toBe(
      'ErrImageNeverPull: Container image "a:1" is not present with pull policy of Never',
    );
  });

  it('that cannot be pulled says what is there, and how to use it', async () => {
    const { ensure, told } = setUp(['a:1', 'b:latest'], () => false);
    expect(await ensure('a:2')).toBe('ErrImagePull: no such host; this node has a:1');
    expect(await ensure('b:latest', 'Always')).toBe(
      'ErrImagePull: no such host; the image is on this node, but tag :latest means imagePullPolicy Always: set imagePullPolicy: IfNotPresent to use it',
    );
    expect(told).toContain('Failed: Error: ErrImagePull');
  });

  it('is tried again after 10 s, 20 s … 300 s', async () => {
    let reachable = false;
    const { ensure, clock, pulls, puller } = setUp([], () => reachable);
    for (const delayMs of [10_000, 20_000, 40_000, 80_000, 160_000, 300_000, 300_000]) {
      const before = pulls();
      expect(await ensure('a:1')).toMatch(/^ErrImagePull/);
      expect(puller.retryAtMs('u', 'a:1')).toBe(clock.now() + delayMs);
      clock.advance(delayMs - 1);
      expect(await ensure('a:1')).toMatch(/^ImagePullBackOff/);
      expect(pulls()).toBe(before + 1);
      clock.advance(1);
    }
    reachable = true;
    expect(await ensure('a:1')).toBe('there');
    expect(puller.retryAtMs('u', 'a:1')).toBeUndefined();
  });
});
