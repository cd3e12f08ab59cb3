// Objects that are merely counted: `count/<plural>.<group>` for every resource, and the bare names of the oldest ones.
import { ONE_OBJECT } from '../amounts.ts';
import type { Evaluator, ResourceId } from './evaluator.ts';

const BARE_NAMES = ['configmaps', 'replicationcontrollers', 'resourcequotas', 'secrets'];

export function countName({ group, plural }: ResourceId): string {
  return `count/${plural}${group === '' ? '' : `.${group}`}`;
}

/** The resource of such a name, which need not exist. */
export function countedResource(name: string): ResourceId | undefined {
  if (BARE_NAMES.includes(name)) return { group: '', plural: name };
  if (!name.startsWith('count/')) return undefined;
  const [plural = '', ...group] = name.slice('count/'.length).split('.');
  return plural === '' ? undefined : { group: group.join('.'), plural };
}

export function countingEvaluator(resource: ResourceId): Evaluator {
  const names = [countName(resource)];
  if (resource.group === '' && BARE_NAMES.includes(resource.plural)) names.push(resource.plural);
  const usage = new Map(names.map((name) => [name, ONE_OBJECT]));
  return { tracks: (name) => names.includes(name), usage: () => usage, inScope: () => false };
}
