// ResourceQuota: what an object costs its namespace's quotas is written by the command that stores the object, on the
// condition that the quotas are as they were read. Two servers cannot spend the same twice: the second decides again. Where a
// namespace has no quota, this is one question to the index of keys.
import {
  chargeQuotas,
  evaluatorOf,
  forbiddenError,
  type ResourceDefinition,
  type ResourceQuota,
} from '../../api/index.ts';
import { defined, oncePer } from '../../lib/index.ts';
import { SERVER_MANAGER, trackOther } from '../handlers/field-manager.ts';
import { toEnvelope } from '../storage/codec.ts';
import type { Admission, AdmissionPlugin, AdmissionRequest } from './plugin.ts';
import { findAll } from './stored-objects.ts';

const RESOURCE_QUOTAS = 'resourcequotas';
const evaluatorFor = oncePer((definition: ResourceDefinition) => evaluatorOf(definition));

export const RESOURCE_QUOTA: AdmissionPlugin = { of: 'namespaced', on: ['create', 'update'], admit: charge };

function charge(request: AdmissionRequest, admission: Admission): void {
  const { operation, object, old, snapshot } = request;
  const { definition, info, server } = operation;
  const evaluator = evaluatorFor(definition);
  if (evaluator === undefined) return;
  if (old !== undefined && evaluator.chargedUpdates !== info.subresource) return;
  const namespace = object.metadata?.namespace ?? '';
  const found = findAll<ResourceQuota>(snapshot, RESOURCE_QUOTAS, namespace);
  if (found.length === 0) return;
  const quotas = found.map((each) => each.object);
  const nowMs = server.options.clock.now();
  const verdict = chargeQuotas(quotas, evaluator, { object, old, nowMs });
  if (verdict.kind === 'refused') throw forbiddenError(definition, object.metadata?.name ?? '', verdict.why);
  const quotaDefinition = defined(server.options.registry.find('', 'v1', RESOURCE_QUOTAS), 'resource quotas');
  for (const { stored, object: quota } of found) {
    const used = verdict.used.get(quota);
    if (used === undefined) continue;
    // The stored object is everybody's: only what is replaced may be changed.
    const charged: ResourceQuota = { ...quota, metadata: { ...quota.metadata }, status: { ...quota.status, used } };
    trackOther(quotaDefinition, quota, charged, { manager: SERVER_MANAGER, subresource: 'status', nowMs });
    admission.conditions.push({ kind: 'revision', key: stored.key, revision: stored.revision });
    admission.writes.push({ kind: 'put', key: stored.key, envelope: toEnvelope(quotaDefinition, charged) });
    admission.turn = `${RESOURCE_QUOTAS}/${namespace}`;
  }
}
