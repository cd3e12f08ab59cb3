// The pure parts of a rollout: arithmetic by tables, and whole rollouts of a model cluster on generated inputs.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Deployment, ReplicaSet, Served } from '../../src/api/index.ts';
import { fences, proportionalSizes, sizeOf } from '../../src/controllers/deployment/numbers.ts';
import { planDeployment } from '../../src/controllers/deployment/plan.ts';
import { withScale } from '../../src/controllers/deployment/revision.ts';
import { sameTemplate, templateHash } from '../../src/controllers/deployment/template.ts';

interface Shape {
  readonly replicas: number;
  readonly maxSurge: number | string;
  readonly maxUnavailable: number | string;
}

function deploymentOf({ replicas, maxSurge, maxUnavailable }: Shape, image = 'app:1'): Served<Deployment> {
  const labels = { app: 'web' };
  return {
    metadata: {
      name: 'web',
      namespace: 'default',
      uid: 'uid-web',
      resourceVersion: '1',
      creationTimestamp: '2026-01-01T00:00:00Z',
      generation: 1,
    },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge, maxUnavailable } },
      template: { metadata: { labels }, spec: { containers: [{ name: 'main', image }] } },
    },
  };
}

describe('surge and unavailability', () => {
  it.each([
    [
      { replicas: 10, maxSurge: '25%', maxUnavailable: '25%' },
      { maxSurge: 3, maxUnavailable: 2 },
    ],
    [
      { replicas: 1, maxSurge: '25%', maxUnavailable: '25%' },
      { maxSurge: 1, maxUnavailable: 0 },
    ],
    [
      { replicas: 3, maxSurge: 0, maxUnavailable: '10%' },
      { maxSurge: 0, maxUnavailable: 1 },
    ],
    [
      { replicas: 2, maxSurge: 5, maxUnavailable: 9 },
      { maxSurge: 5, maxUnavailable: 2 },
    ],
    [
      { replicas: 0, maxSurge: 1, maxUnavailable: 1 },
      { maxSurge: 1, maxUnavailable: 0 },
    ],
    [
      { replicas: 7, maxSurge: '100%', maxUnavailable: '0%' },
      { maxSurge: 7, maxUnavailable: 0 },
    ],
  ])('of %j are %j', (shape, expected) => {
    expect(fences(deploymentOf(shape))).toEqual(expected);
  });
});

describe('the hash of a template', () => {
  it('is the same for any order of keys and for members that say nothing', () => {
    const one = { metadata: { labels: { a: '1', b: '2' } }, spec: { containers: [{ name: 'x', image: 'y' }] } };
    const other = {
      spec: { containers: [{ image: 'y', name: 'x' }], volumes: [] },
      metadata: { labels: { b: '2', a: '1' } },
    };
    expect(templateHash(other, 0)).toBe(templateHash(one, 0));
    expect(sameTemplate(one, other)).toBe(true);
  });

  it('differs by what differs, and by collisions', () => {
    const one = { spec: { containers: [{ name: 'x', image: 'y:1' }] } };
    const two = { spec: { containers: [{ name: 'x', image: 'y:2' }] } };
    expect(templateHash(one, 0)).not.toBe(templateHash(two, 0));
    expect(templateHash(one, 0)).not.toBe(templateHash(one, 1));
    expect(sameTemplate(one, two)).toBe(false);
  });

  it('does not take an empty volume source for none', () => {
    const volumes = (source: object) => ({ spec: { containers: [], volumes: [{ name: 'v', ...source }] } });
    expect(sameTemplate(volumes({ emptyDir: {} }), volumes({}))).toBe(false);
  });
});

const shapes = fc.record({
  replicas: fc.integer({ min: 0, max: 30 }),
  maxSurge: fc.oneof(
    fc.integer({ min: 0, max: 10 }),
    fc.integer({ min: 0, max: 100 }).map((percent) => `${percent}%`),
  ),
  maxUnavailable: fc.oneof(
    fc.integer({ min: 0, max: 10 }),
    fc.integer({ min: 0, max: 100 }).map((percent) => `${percent}%`),
  ),
});

describe('proportional scaling', () => {
  it('uses exactly the pods that are allowed, and gives nobody less than nothing', () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 2, maxLength: 5 });
    fc.assert(
      fc.property(shapes, sizes, (shape, current) => {
        const deployment = deploymentOf(shape);
        const before = current.reduce((sum, size) => sum + size, 0);
        const active = current.map((replicas, index): ReplicaSet => {
          const annotations = { ...withScale({}, before, before) };
          const creationTimestamp = `2026-01-01T00:00:0${index}Z`;
          return {
            metadata: { name: `rs-${index}`, creationTimestamp, annotations },
            spec: { replicas, selector: {} },
          };
        });
        const after = proportionalSizes(deployment, active).map(({ size }) => size);
        const allowed = shape.replicas === 0 ? 0 : shape.replicas + fences(deployment).maxSurge;
        expect(after.every((size) => size >= 0)).toBe(true);
        expect(after.reduce((sum, size) => sum + size, 0)).toBe(allowed);
      }),
      { seed: 11, numRuns: 500 },
    );
  });
});

/** ReplicaSets whose pods come, get ready and go at random; what the plan says is done at once. */
class Model {
  readonly replicaSets = new Map<string, Served<ReplicaSet>>();
  deployment: Served<Deployment>;
  #uids = 0;

  constructor(deployment: Served<Deployment>) {
    this.deployment = deployment;
  }

  step(): void {
    const plan = planDeployment({
      deployment: this.deployment,
      replicaSets: [...this.replicaSets.values()],
      pods: new Map(),
      moment: { nowMs: Date.UTC(2026, 0, 1), now: '2026-01-01T00:00:00Z' },
    });
    for (const { kind, replicaSet } of plan.actions) {
      const { name } = replicaSet.metadata;
      if (kind === 'delete') this.replicaSets.delete(name);
      else if (kind === 'update') this.replicaSets.set(name, replicaSet);
      else {
        const uid = `uid-${++this.#uids}`;
        const creationTimestamp = `2026-01-01T00:00:${String(this.#uids).padStart(2, '0')}Z`;
        const metadata = { ...replicaSet.metadata, uid, creationTimestamp, resourceVersion: '1' };
        this.replicaSets.set(name, { ...replicaSet, metadata } as Served<ReplicaSet>);
      }
    }
    this.deployment = { ...this.deployment, status: plan.status };
  }

  /** Each ReplicaSet comes `steps` pods closer to its size; pods that are there may become available. */
  live(steps: number, ready: boolean): void {
    for (const [name, replicaSet] of this.replicaSets) {
      const { replicas = 0, availableReplicas = 0 } = replicaSet.status ?? {};
      const size = sizeOf(replicaSet);
      // The ReplicaSet controller deletes pods that are not ready first.
      const next = replicas > size ? size : Math.min(size, replicas + steps);
      const available = Math.min(next, ready ? availableReplicas + steps : availableReplicas);
      const status = { replicas: next, readyReplicas: available, availableReplicas: available };
      this.replicaSets.set(name, { ...replicaSet, status });
    }
  }

  total(count: (replicaSet: ReplicaSet) => number): number {
    return [...this.replicaSets.values()].reduce((sum, replicaSet) => sum + count(replicaSet), 0);
  }
}

describe('a rolling update of a model cluster', () => {
  it('keeps its promises on the way, and arrives', () => {
    const pace = fc.array(fc.tuple(fc.integer({ min: 0, max: 4 }), fc.boolean()), { minLength: 5, maxLength: 40 });
    fc.assert(
      fc.property(shapes, pace, (shape, steps) => {
        const model = new Model(deploymentOf(shape));
        const settle = (): void => {
          for (let round = 0; round < 100; round++) {
            model.step();
            model.live(3, true);
          }
        };
        settle();
        const { maxSurge, maxUnavailable } = fences(model.deployment);
        const rolled = deploymentOf(shape, 'app:2');
        model.deployment = { ...model.deployment, ...(rolled.spec === undefined ? {} : { spec: rolled.spec }) };
        for (const [count, ready] of steps) {
          model.step();
          expect(model.total(sizeOf)).toBeLessThanOrEqual(shape.replicas + maxSurge);
          // What the ReplicaSets were told to keep of what is available now.
          const kept = model.total((each) => Math.min(sizeOf(each), each.status?.availableReplicas ?? 0));
          expect(kept).toBeGreaterThanOrEqual(shape.replicas - maxUnavailable);
          model.live(count, ready);
        }
        settle();
        const running = [...model.replicaSets.values()].filter((replicaSet) => sizeOf(replicaSet) > 0);
        expect(model.total(sizeOf)).toBe(shape.replicas);
        expect(running.length).toBe(shape.replicas === 0 ? 0 : 1);
        const images = running.map(({ spec }) => spec?.template?.spec?.containers[0]?.image);
        expect(images.every((image) => image === 'app:2')).toBe(true);
        expect(model.deployment.status?.availableReplicas).toBe(shape.replicas);
      }),
      { seed: 3, numRuns: 60 },
    );
  });
});
