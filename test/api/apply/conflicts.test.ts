// Conflicts: who is told what when an apply would change a field of another, and what force does.
import { describe, expect, test } from 'vitest';
import { ApiError, type Json, type KubeObject } from '../../../src/api/index.ts';
import { applied, bare, created, object, owners, updated, type Writer } from './support.ts';

const metadata = { name: 'web', namespace: 'default' };
type Fields = Readonly<Record<string, Json>>;

function deployment(spec: Fields, more: Fields = {}): KubeObject {
  return object({ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { ...metadata, ...more }, spec: { ...spec } });
}

const withImage = (image: string): Fields => ({ template: { spec: { containers: [{ name: 'main', image }] } } });

function conflictOf(live: KubeObject, configuration: KubeObject, writer: Writer): unknown {
  try {
    applied(live, configuration, writer);
  } catch (error) {
    if (error instanceof ApiError) return error.status;
    throw error;
  }
  return undefined;
}

describe('a conflict', () => {
  test('with an updater names the manager, its version and the field', () => {
    const live = created(deployment({ replicas: 1 }), { manager: 'kubectl-edit' });
    expect(conflictOf(live, deployment({ replicas: 2 }), { manager: 'me' })).toEqual({
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: 'Apply failed with 1 conflict: conflict with "kubectl-edit" using apps/v1: .spec.replicas',
      reason: 'Conflict',
      details: {
        causes: [
          {
            reason: 'FieldManagerConflict',
            message: 'conflict with "kubectl-edit" using apps/v1',
            field: '.spec.replicas',
          },
        ],
      },
      code: 409,
    });
  });

  test('with an applier names it alone', () => {
    const live = applied(undefined, deployment({ replicas: 1 }), { manager: 'other' });
    expect(conflictOf(live, deployment({ replicas: 2 }), { manager: 'me' })).toMatchObject({
      message: 'Apply failed with 1 conflict: conflict with "other": .spec.replicas',
      details: { causes: [{ message: 'conflict with "other"', field: '.spec.replicas' }] },
    });
  });

  test('with a subresource names it too', () => {
    const live = updated(created(deployment({ replicas: 1 }), { manager: 'a' }), deployment({ replicas: 2 }), {
      manager: 'hpa',
      subresource: 'scale',
    });
    expect(conflictOf(live, deployment({ replicas: 3 }), { manager: 'me' })).toMatchObject({
      message:
        'Apply failed with 1 conflict: conflict with "hpa" with subresource "scale" using apps/v1: .spec.replicas',
    });
  });

  test('names items of lists by their keys', () => {
    const live = created(deployment(withImage('a')), { manager: 'a' });
    expect(conflictOf(live, deployment(withImage('b')), { manager: 'me' })).toMatchObject({
      message:
        'Apply failed with 1 conflict: conflict with "a" using apps/v1: .spec.template.spec.containers[name="main"].image',
    });
  });

  test('about several fields of several managers lists them by manager', () => {
    const first = created(deployment({ replicas: 1, paused: true }, { labels: { a: '1' } }), { manager: 'zoe' });
    const live = applied(first, deployment({ minReadySeconds: 1 }), { manager: 'adam' });
    const wanted = deployment({ replicas: 2, paused: false, minReadySeconds: 2 }, { labels: { a: '2' } });
    expect(conflictOf(live, wanted, { manager: 'me' })).toMatchObject({
      message: [
        'Apply failed with 4 conflicts: conflicts with "adam":',
        '- .spec.minReadySeconds',
        'conflicts with "zoe" using apps/v1:',
        '- .metadata.labels.a',
        '- .spec.paused',
        '- .spec.replicas',
      ].join('\n'),
      details: {
        causes: [
          { reason: 'FieldManagerConflict', message: 'conflict with "adam"', field: '.spec.minReadySeconds' },
          { reason: 'FieldManagerConflict', message: 'conflict with "zoe" using apps/v1', field: '.metadata.labels.a' },
          { reason: 'FieldManagerConflict', message: 'conflict with "zoe" using apps/v1', field: '.spec.paused' },
          { reason: 'FieldManagerConflict', message: 'conflict with "zoe" using apps/v1', field: '.spec.replicas' },
        ],
      },
    });
  });

  test('about an atomic list is about all of it', () => {
    const live = created(object({ apiVersion: 'v1', kind: 'Pod', metadata, spec: { tolerations: [{ key: 'a' }] } }));
    const wanted = object({ apiVersion: 'v1', kind: 'Pod', metadata, spec: { tolerations: [{ key: 'b' }] } });
    expect(conflictOf(live, wanted, { manager: 'me' })).toMatchObject({
      message: 'Apply failed with 1 conflict: conflict with "kubectl" using v1: .spec.tolerations',
    });
  });

  test('is none when the value is the same: both own the field', () => {
    const live = created(deployment({ replicas: 1 }), { manager: 'a' });
    expect(owners(applied(live, deployment({ replicas: 1 }), { manager: 'me' }))).toEqual({
      'a Update apps/v1 00:00': { 'f:spec': { 'f:replicas': {} } },
      'me Apply apps/v1 00:00': { 'f:spec': { 'f:replicas': {} } },
    });
  });

  test('is none with oneself, by the same operation', () => {
    const live = applied(undefined, deployment({ replicas: 1 }), { manager: 'me' });
    expect(bare(applied(live, deployment({ replicas: 2 }), { manager: 'me' }))).toEqual(deployment({ replicas: 2 }));
  });

  test('is one with one’s own updates', () => {
    const live = created(deployment({ replicas: 1 }), { manager: 'me' });
    expect(conflictOf(live, deployment({ replicas: 2 }), { manager: 'me' })).toMatchObject({
      message: 'Apply failed with 1 conflict: conflict with "me" using apps/v1: .spec.replicas',
    });
  });

  test('through scale is one as through the object', () => {
    const live = created(deployment({ replicas: 1 }), { manager: 'a' });
    expect(conflictOf(live, deployment({ replicas: 2 }), { manager: 'me', subresource: 'scale' })).toMatchObject({
      message: 'Apply failed with 1 conflict: conflict with "a" using apps/v1: .spec.replicas',
    });
  });
});

describe('force', () => {
  test('takes the fields from all who had them', () => {
    const first = created(deployment({ replicas: 1, paused: true }), { manager: 'a' });
    const live = applied(first, deployment({ replicas: 1 }), { manager: 'b' });
    const one = applied(live, deployment({ replicas: 2 }), { manager: 'me', force: true });
    expect(bare(one)).toEqual(deployment({ replicas: 2, paused: true }));
    expect(owners(one)).toEqual({
      'a Update apps/v1 00:00': { 'f:spec': { 'f:paused': {} } },
      'me Apply apps/v1 00:00': { 'f:spec': { 'f:replicas': {} } },
    });
  });

  test('takes nothing that does not change', () => {
    const live = created(deployment({ replicas: 1 }), { manager: 'a' });
    const one = applied(live, deployment({ replicas: 1 }), { manager: 'me', force: true });
    expect(Object.keys(owners(one))).toEqual(['me Apply apps/v1 00:00', 'a Update apps/v1 00:00']);
  });
});

describe('the way from client-side apply', () => {
  const ANNOTATION = 'kubectl.kubernetes.io/last-applied-configuration';
  const lastApplied = (spec: Fields): string =>
    `{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"annotations":{},"name":"web","namespace":"default"},"spec":${JSON.stringify(spec)}}\n`;
  const annotated = (spec: Fields, text = lastApplied(spec)): KubeObject =>
    deployment(spec, { annotations: { [ANNOTATION]: text } });
  const annotationOf = (one: KubeObject): string | undefined => one.metadata?.annotations?.[ANNOTATION];

  test('is free of conflicts for kubectl, where the object still is as it was last applied', () => {
    const live = created(annotated({ replicas: 1, paused: true }), { manager: 'kubectl-client-side-apply' });
    const one = applied(live, deployment({ replicas: 2, paused: true }), { manager: 'kubectl' });
    expect(bare(one)).toMatchObject({ spec: { replicas: 2, paused: true } });
    expect(owners(one)).toEqual({
      'kubectl Apply apps/v1 00:00': { 'f:spec': { 'f:paused': {}, 'f:replicas': {} } },
      'kubectl-client-side-apply Update apps/v1 00:00': {
        'f:metadata': { 'f:annotations': { '.': {}, [`f:${ANNOTATION}`]: {} } },
        'f:spec': { 'f:paused': {} },
      },
    });
  });

  test('writes the annotation anew, so that client-side apply finds what was applied', () => {
    const live = created(annotated({ replicas: 1 }), { manager: 'kubectl-client-side-apply' });
    const one = applied(live, deployment({ replicas: 2 }), { manager: 'kubectl' });
    expect(annotationOf(one)).toBe(
      '{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"web","namespace":"default"},"spec":{"replicas":2}}\n',
    );
  });

  test('escapes in the annotation what Go’s encoder escapes', () => {
    const live = created(annotated({ replicas: 1 }), { manager: 'kubectl-client-side-apply' });
    const one = applied(live, deployment({ replicas: 1 }, { labels: { a: '<&>' } }), { manager: 'kubectl' });
    expect(annotationOf(one)).toContain('"labels":{"a":"\\u003c\\u0026\\u003e"}');
  });

  test('leaves the conflicts about what was changed since', () => {
    const first = created(annotated({ replicas: 1, paused: true }), { manager: 'kubectl-client-side-apply' });
    const live = updated(first, annotated({ replicas: 5, paused: true }, lastApplied({ replicas: 1, paused: true })), {
      manager: 'hpa',
    });
    expect(conflictOf(live, deployment({ replicas: 2, paused: false }), { manager: 'kubectl' })).toMatchObject({
      message: 'Apply failed with 1 conflict: conflict with "hpa" using apps/v1: .spec.replicas',
    });
  });

  test('is kubectl’s alone', () => {
    const live = created(annotated({ replicas: 1 }), { manager: 'kubectl-client-side-apply' });
    expect(conflictOf(live, deployment({ replicas: 2 }), { manager: 'me' })).toMatchObject({
      message: 'Apply failed with 1 conflict: conflict with "kubectl-client-side-apply" using apps/v1: .spec.replicas',
    });
    expect(annotationOf(applied(live, deployment({ replicas: 1 }), { manager: 'me' }))).toBe(
      lastApplied({ replicas: 1 }),
    );
  });

  test.each([
    ['is no JSON', '{'],
    ['is no object', '[]'],
    ['is of another version', lastApplied({ replicas: 1 }).replace('apps/v1', 'extensions/v1beta1')],
  ])('allows nothing by an annotation that %s', (_what, text) => {
    const live = created(annotated({ replicas: 1 }, text), { manager: 'kubectl-client-side-apply' });
    expect(conflictOf(live, deployment({ replicas: 2 }), { manager: 'kubectl' })).toMatchObject({ code: 409 });
  });

  test('drops an annotation that has become too large', () => {
    const live = created(annotated({ replicas: 1 }), { manager: 'kubectl-client-side-apply' });
    const large = deployment({ replicas: 1 }, { annotations: { large: 'x'.repeat(200_000) } });
    expect(annotationOf(applied(live, large, { manager: 'kubectl' }))).toBeUndefined();
  });

  test('adds no annotation where there is none', () => {
    expect(annotationOf(applied(undefined, deployment({ replicas: 1 }), { manager: 'kubectl' }))).toBeUndefined();
  });
});
