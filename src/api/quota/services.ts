// Services against quotas: each one, those with load balancers, and the node ports they take.
import { type Amounts, ONE_OBJECT } from '../amounts.ts';
import type { Quantity } from '../quantity.ts';
import type { Service } from '../types.ts';
import type { Evaluator } from './evaluator.ts';
import { countName } from './objects.ts';

const NANO = 1_000_000_000n;
const COUNT = countName({ group: '', plural: 'services' });
const NAMES: readonly string[] = [COUNT, 'services', 'services.loadbalancers', 'services.nodeports'];

export const SERVICE_EVALUATOR: Evaluator = {
  tracks: (name) => NAMES.includes(name),
  usage: (object) => usageOf(object as Service),
  inScope: () => false,
  chargedUpdates: '',
};

function usageOf({ spec }: Service): Amounts {
  const balanced = spec?.type === 'LoadBalancer';
  return new Map([
    [COUNT, ONE_OBJECT],
    ['services', ONE_OBJECT],
    ['services.loadbalancers', whole(balanced ? 1 : 0)],
    ['services.nodeports', whole(nodePorts(spec))],
  ]);
}

function nodePorts(spec: Service['spec']): number {
  const ports = spec?.ports ?? [];
  if (spec?.type === 'NodePort') return ports.length;
  if (spec?.type !== 'LoadBalancer') return 0;
  if (spec.allocateLoadBalancerNodePorts !== false) return ports.length;
  return ports.filter(({ nodePort = 0 }) => nodePort !== 0).length;
}

function whole(count: number): Quantity {
  return { nanos: BigInt(count) * NANO, format: 'decimal' };
}
