// What it costs to keep track of who owns which field: on every create and update, and when a configuration is applied.
import {
  apiSchema,
  applyConfiguration,
  asJson,
  cloneJson,
  type FieldWrite,
  type KubeObject,
  trackUpdate,
} from '../../src/api/index.ts';
import { CONFIG_MAP, POD, type Sample } from './objects.ts';
import type { MicroSubject } from './subject.ts';

const WRITE: FieldWrite = { manager: 'bench', apiVersion: 'v1', subresource: '', nowMs: 0 };
const KUBELET: FieldWrite = { ...WRITE, manager: 'kubelet', subresource: 'status' };

export const APPLY: MicroSubject = {
  name: 'apply',
  cases: () => {
    const live = tracked(POD);
    const running = cloneJson(live);
    Object.assign(asJson(running), { status: { phase: 'Running', podIP: '10.0.0.1', conditions: [CONDITION] } });
    const labelled = cloneJson(live);
    labelled.metadata = { ...labelled.metadata, labels: { ...labelled.metadata?.labels, seen: 'true' } };
    const configuration = configurationOf(POD);
    const applied = applyConfiguration(apiSchema(), POD.definition.schema, undefined, configuration, WRITE, false);
    return [
      { name: 'create-configmap', title: 'track the create of a ConfigMap of 1 KiB', run: create(CONFIG_MAP) },
      { name: 'create-pod', title: 'track the create of a pod of 2.5 KiB', run: create(POD) },
      {
        name: 'update-status',
        title: 'track a kubelet’s update of a pod’s status',
        run: update(live, running, KUBELET),
      },
      { name: 'update-label', title: 'track an update of a pod’s labels', run: update(live, labelled, WRITE) },
      {
        name: 'apply-same',
        title: 'apply a pod’s configuration again, without a change',
        run: () => applyConfiguration(apiSchema(), POD.definition.schema, applied, configuration, WRITE, false),
      },
    ];
  },
};

const CONDITION = { type: 'Ready', status: 'True', lastTransitionTime: '2026-01-01T00:00:00Z' };

function create({ definition, object }: Sample): () => unknown {
  const { managedFields: _managed, ...metadata } = object.metadata ?? {};
  return () => {
    const fresh: KubeObject = { ...object, metadata: { ...metadata } };
    trackUpdate(apiSchema(), definition.schema, undefined, fresh, WRITE);
    return fresh.metadata?.managedFields;
  };
}

function update(live: KubeObject, object: KubeObject, write: FieldWrite): () => unknown {
  const { managedFields } = object.metadata ?? {};
  return () => {
    object.metadata = { ...object.metadata, ...(managedFields === undefined ? {} : { managedFields }) };
    trackUpdate(apiSchema(), POD.definition.schema, live, object, write);
    return object.metadata.managedFields;
  };
}

function tracked({ definition, object }: Sample): KubeObject {
  const fresh = cloneJson(object);
  trackUpdate(apiSchema(), definition.schema, undefined, fresh, WRITE);
  return fresh;
}

/** What a user would write: the object without what the server adds. */
function configurationOf({ object }: Sample): KubeObject {
  const { status: _status, ...rest } = asJson(cloneJson(object));
  const { name = '', namespace = '', labels = {} } = object.metadata ?? {};
  return { ...(rest as KubeObject), metadata: { name, namespace, labels } };
}
