// The model of server-side apply on the examples of its specification: what it says is what the library is held to, so it is itself
// held to what the documentation tells.
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../src/api/index.ts';
import { defined } from '../../../src/lib/index.ts';
import { applied, type Owned, printConflict, updated, type Writer } from './model/model.ts';
import { decodeFields, encodeFields, printPath } from './model/paths.ts';
import { REAL, type Trial } from './model/subjects.ts';

const kind = (name: string): Trial =>
  defined(
    REAL.find((trial) => trial.kind === name),
    name,
  );
const DEPLOYMENT = kind('Deployment');
const SERVICE = kind('Service');
const CONFIG_MAP = kind('ConfigMap');

/** A few writes one after another; a conflict ends as its text. */
class Story {
  readonly #trial: Trial;
  #state: Owned | undefined;
  conflicts: readonly string[] = [];
  constructor(trial: Trial) {
    this.#trial = trial;
  }
  apply(manager: string, configuration: object, force = false): this {
    const outcome = applied(
      this.#trial,
      this.#state,
      configuration as JsonObject,
      this.#writer(manager, 'Apply'),
      force,
    );
    this.conflicts = 'object' in outcome ? [] : outcome.map(printConflict);
    if ('object' in outcome) this.#state = outcome;
    return this;
  }
  update(manager: string, object: object, reset = false): this {
    this.#state = updated(this.#trial, this.#state, object as JsonObject, this.#writer(manager, 'Update'), reset);
    return this;
  }
  get object(): object {
    return this.#state?.object ?? {};
  }
  owned(manager: string): string[] {
    const all = [...(this.#state?.owners.values() ?? [])].filter(({ writer }) => writer.manager === manager);
    return all.flatMap(({ paths }) => [...paths].map(printPath)).sort();
  }
  #writer(manager: string, operation: Writer['operation']): Writer {
    return { manager, operation, apiVersion: this.#trial.apiVersion, subresource: '' };
  }
}

const replicas = (count: number): object => ({ spec: { replicas: count } });
const data = (entries: object): object => ({ data: entries });
const ports = (...list: readonly object[]): object => ({ spec: { ports: list } });

describe('whoever applies', () => {
  it('owns the leaves and the items that are applied, and nothing else', () => {
    const story = new Story(SERVICE).apply('a', {
      kind: 'Service',
      metadata: { name: 'web', labels: { x: 'y' } },
      ...ports({ port: 80 }),
    });
    expect(story.owned('a')).toEqual([
      '.metadata.labels.x',
      '.spec.ports[port=80,protocol="TCP"]',
      '.spec.ports[port=80,protocol="TCP"].port',
    ]);
  });

  it('conflicts with whoever owns a field that would change', () => {
    const story = new Story(DEPLOYMENT).apply('a', replicas(1)).apply('b', replicas(2));
    expect(story.conflicts).toEqual(['conflict with "a": .spec.replicas']);
    story.update('c', { spec: { replicas: 3 } }).apply('a', replicas(1));
    expect(story.conflicts).toEqual(['conflict with "c" using apps/v1: .spec.replicas']);
  });

  it('shares a field with whoever applied the same value', () => {
    const story = new Story(DEPLOYMENT).apply('a', replicas(1)).apply('b', replicas(1));
    expect([story.conflicts, story.owned('a'), story.owned('b')]).toEqual([[], ['.spec.replicas'], ['.spec.replicas']]);
    story.apply('a', { spec: {} });
    expect(story.object).toMatchObject(replicas(1));
    story.apply('b', { spec: {} });
    expect(story.object).not.toMatchObject({ spec: { replicas: 1 } });
  });

  it('takes fields from others by force', () => {
    const story = new Story(DEPLOYMENT).apply('a', replicas(1)).apply('b', replicas(2), true);
    expect([story.owned('a'), story.owned('b'), story.object]).toMatchObject([[], ['.spec.replicas'], replicas(2)]);
  });

  it('has removed what is not applied any more', () => {
    const story = new Story(CONFIG_MAP).apply('a', data({ x: '1', y: '1' })).apply('b', data({ y: '1', z: '1' }));
    story.apply('a', data({ y: '1' }));
    expect(story.object).toMatchObject(data({ y: '1', z: '1' }));
    expect(story.object).not.toHaveProperty('data.x');
  });

  it('has a struct removed with what was defaulted in it, when nobody owns a part of it any more', () => {
    const rolling = (more: object): object => ({ spec: { strategy: { rollingUpdate: { maxSurge: 1, ...more } } } });
    const story = new Story(DEPLOYMENT).apply('a', rolling({}));
    expect(story.apply('a', { spec: {} }).object).not.toHaveProperty('spec.strategy');
    story
      .apply('a', rolling({}))
      .apply('b', { spec: { strategy: { type: 'RollingUpdate' } } })
      .apply('a', { spec: {} });
    expect(story.object).toHaveProperty('spec.strategy', { type: 'RollingUpdate' });
  });

  it('has an item of a list removed that somebody else only changed', () => {
    const story = new Story(SERVICE).apply('a', ports({ port: 80, name: 'x' }));
    story.update('b', ports({ port: 80, name: 'y', protocol: 'TCP' })).apply('a', { spec: {} });
    expect(story.object).not.toHaveProperty('spec.ports.0');
    expect(story.owned('b').filter((path) => path.includes('port=80'))).toEqual([]);
  });

  it('owns an atomic list as a whole', () => {
    const story = new Story(SERVICE).apply('a', { spec: { externalIPs: ['1.1.1.1'] } });
    story.apply('b', { spec: { externalIPs: ['1.1.1.1', '2.2.2.2'] } });
    expect(story.conflicts).toEqual(['conflict with "a": .spec.externalIPs']);
  });
});

describe('whoever updates', () => {
  it('owns what was added, maps and lists included, but no struct that is always there', () => {
    const story = new Story(DEPLOYMENT).update('u', { metadata: { name: 'web', labels: { x: 'y' } }, ...replicas(1) });
    expect(story.owned('u')).toEqual(['.metadata.labels', '.metadata.labels.x', '.spec.replicas']);
  });

  it('takes what was changed, and leaves nobody what was removed', () => {
    const story = new Story(CONFIG_MAP)
      .apply('a', data({ x: '1', y: '1', z: '1' }))
      .update('u', data({ x: '2', y: '1' }));
    expect([story.owned('a'), story.owned('u')]).toEqual([['.data.y'], ['.data.x']]);
  });

  it('leaves an object untracked that nobody tracked, until it is applied to', () => {
    const story = new Story(CONFIG_MAP).update('u', data({ x: '1' })).update('u', data({ x: '1' }), true);
    expect(story.update('u', data({ x: '2' })).owned('u')).toEqual([]);
    story.apply('a', data({ x: '3' }));
    expect(story.conflicts).toEqual(['conflict with "before-first-apply" using v1: .data.x']);
    expect(story.apply('a', data({ y: '1' })).owned('before-first-apply')).toEqual(['.data', '.data.x']);
  });
});

describe('FieldsV1', () => {
  it('is read and written as it is documented', () => {
    const fields = {
      'f:metadata': { 'f:labels': { '.': {}, 'f:app': {} } },
      'f:spec': { 'f:ports': { 'k:{"port":80,"protocol":"TCP"}': { '.': {}, 'f:port': {} } }, 'f:replicas': {} },
      'f:metadata2': { 'f:finalizers': { 'v:"x"': {} } },
    };
    expect([...decodeFields(fields)].map(printPath).sort()).toEqual([
      '.metadata.labels',
      '.metadata.labels.app',
      '.metadata2.finalizers[="x"]',
      '.spec.ports[port=80,protocol="TCP"]',
      '.spec.ports[port=80,protocol="TCP"].port',
      '.spec.replicas',
    ]);
    expect(encodeFields(decodeFields(fields))).toEqual(fields);
  });
});
