// What an autoscaler goes by, and what was last measured, as kubectl users read it: `cpu: 20%/80%, 3/10 (avg)`.
import type { MetricSpec, MetricStatus, MetricTarget, MetricValueStatus } from '../../types.ts';

const SHOWN = 2;
const UNKNOWN = '<unknown>';

export function metricsText(specs: readonly MetricSpec[] = [], statuses: readonly MetricStatus[] = []): string {
  if (specs.length === 0) return '<none>';
  const shown = specs.slice(0, SHOWN).map((spec, index) => metricText(spec, statuses[index]));
  const more = specs.length > SHOWN ? ` + ${specs.length - SHOWN} more...` : '';
  return `${shown.join(', ')}${more}`;
}

function metricText(spec: MetricSpec, status: MetricStatus | undefined): string {
  switch (spec.type) {
    case 'External':
      return valueText(spec.external?.target, status?.external?.current);
    case 'Object':
      return valueText(spec.object?.target, status?.object?.current);
    case 'Pods':
      return `${status?.pods?.current?.averageValue ?? UNKNOWN}/${spec.pods?.target?.averageValue ?? ''}`;
    case 'Resource':
      return usageText(spec.resource, status?.resource?.current);
    case 'ContainerResource':
      return usageText(spec.containerResource, status?.containerResource?.current);
    default:
      return '<unknown type>';
  }
}

function valueText(target: MetricTarget | undefined, current: MetricValueStatus | undefined): string {
  if (target?.averageValue !== undefined) return `${current?.averageValue ?? UNKNOWN}/${target.averageValue} (avg)`;
  return `${current?.value ?? UNKNOWN}/${target?.value ?? ''}`;
}

interface Usage {
  readonly name: string;
  readonly target: MetricTarget;
}

function usageText(usage: Usage | undefined, current: MetricValueStatus | undefined): string {
  const name = usage?.name ?? '';
  const target = usage?.target;
  if (target?.averageValue !== undefined) return `${name}: ${current?.averageValue ?? UNKNOWN}/${target.averageValue}`;
  const percent = (value: number | undefined, absent: string): string => (value === undefined ? absent : `${value}%`);
  const wanted = percent(target?.averageUtilization, '<auto>');
  return `${name}: ${percent(current?.averageUtilization, UNKNOWN)}/${wanted}`;
}
