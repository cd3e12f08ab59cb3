// Device taint rules: a taint for every device that the selector means, by whoever runs the cluster rather than by its driver.
import { rfc3339 } from '../../../lib/index.ts';
import type { DeviceTaintRule } from '../../gated-types.ts';
import type { KubeObject } from '../../object.ts';
import { validateTaintRule, validateTaintRuleStatus } from '../../validation/gated/devices.ts';
import { defineResource, statusOf } from '../define.ts';
import { differs, withStatus } from '../strategies.ts';

const GROUP = 'resource.k8s.io';
const KIND = 'DeviceTaintRule';
const STATUS = withStatus(true);

export const DEVICE_TAINT_RULES = defineResource({
  group: GROUP,
  version: 'v1beta2',
  plural: 'devicetaintrules',
  kind: KIND,
  namespaced: false,
  subresources: [statusOf(GROUP, 'v1beta2', KIND)],
  strategy: {
    ...STATUS,
    prepareForCreate(object, context) {
      STATUS.prepareForCreate?.(object, context);
      stampTaint(object, context.nowMs);
    },
    prepareForUpdate(object, old, context) {
      STATUS.prepareForUpdate?.(object, old, context);
      stampTaint(object, context.nowMs);
      return differs(object, old);
    },
    validate: (object) => validateTaintRule(object as DeviceTaintRule),
    validateStatusUpdate: (object) => validateTaintRuleStatus(object as DeviceTaintRule),
  },
});

/** When a taint came is known to whoever evicts by it. */
function stampTaint(object: KubeObject, nowMs: number): void {
  const taint = (object as DeviceTaintRule).spec?.taint;
  if (taint !== undefined) taint.timeAdded ??= rfc3339(nowMs);
}
