// DefaultIngressClass: an ingress that names no class, in the old way or the new one, gets the default one. It names it then:
// what becomes the default later changes nothing about it.
import { type Ingress, isDefaultIngressClass } from '../../api/index.ts';
import { defaultClassName } from './default-class.ts';
import type { AdmissionPlugin } from './plugin.ts';

const CLASSES = 'ingressclasses.networking.k8s.io';
const CLASS_ANNOTATION = 'kubernetes.io/ingress.class';

export const DEFAULT_INGRESS_CLASS: AdmissionPlugin = {
  of: ['ingresses.networking.k8s.io'],
  on: ['create'],
  admit({ object, snapshot }) {
    const ingress = object as Ingress;
    const named = ingress.spec?.ingressClassName ?? ingress.metadata?.annotations?.[CLASS_ANNOTATION];
    if (named !== undefined) return;
    const name = defaultClassName(snapshot, CLASSES, isDefaultIngressClass);
    if (name !== undefined) ingress.spec = { ...ingress.spec, ingressClassName: name };
  },
};
