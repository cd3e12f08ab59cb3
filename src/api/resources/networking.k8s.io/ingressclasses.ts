// Ingress classes: which controller obeys an ingress. The controller is named once and for good.
import type { IngressClass } from '../../cluster-types.ts';
import { invalid } from '../../field-error.ts';
import type { KubeObject } from '../../object.ts';
import { validateIngressClass } from '../../validation/ingress.ts';
import { AGE_COLUMN, column, defineResource, NAME_COLUMN } from '../define.ts';
import { generationBy } from '../strategies.ts';

export const INGRESS_CLASSES = defineResource({
  group: 'networking.k8s.io',
  version: 'v1',
  plural: 'ingressclasses',
  kind: 'IngressClass',
  namespaced: false,
  columns: [
    NAME_COLUMN,
    column<IngressClass>('Controller', ({ spec }) => spec?.controller ?? ''),
    column<IngressClass>('Parameters', parametersText),
    AGE_COLUMN,
  ],
  strategy: {
    ...generationBy(),
    applyDefaults,
    validate: (object) => validateIngressClass(object as IngressClass),
    validateUpdate(object, old) {
      const controller = (object as IngressClass).spec?.controller;
      return controller === (old as IngressClass).spec?.controller
        ? []
        : [invalid('spec.controller', controller, 'field is immutable')];
    },
  },
});

/** Ingresses that name no class get it. */
export function isDefaultIngressClass({ metadata }: IngressClass): boolean {
  return metadata?.annotations?.['ingressclass.kubernetes.io/is-default-class'] === 'true';
}

function applyDefaults(object: KubeObject): void {
  const { spec } = object as IngressClass;
  if (spec?.parameters !== undefined) spec.parameters.scope ??= 'Cluster';
}

function parametersText({ spec }: IngressClass): string {
  const parameters = spec?.parameters;
  if (parameters === undefined) return '<none>';
  const { apiGroup, kind, name } = parameters;
  return `${kind}${apiGroup === undefined ? '' : `.${apiGroup}`}/${name}`;
}
