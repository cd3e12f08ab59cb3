// Gives each namespace its default ServiceAccount and the cluster's CA, again when somebody deletes or changes them.
import type { KubeObject, Served } from '../../api/index.ts';
import {
  CONFIG_MAPS,
  isAlreadyExists,
  isNamespaceTerminating,
  isNotFound,
  nameOf,
  type ReconcileResult,
  SERVICE_ACCOUNTS,
} from '../../client/index.ts';
import { unreachable } from '../../lib/index.ts';
import type { ControllerContext, Loop } from '../context.ts';
import { CONTROLLER_WORKERS } from '../limits.ts';
import { DEFAULT_ACCOUNT, type NamespaceNeed, planNamespaceNeeds, ROOT_CA } from './plan.ts';

export function startServiceAccountController(context: ControllerContext): readonly Loop[] {
  const { caches, signal } = context;
  const queue = context.newQueue();
  const enqueue = (namespace: KubeObject): void => queue.add(nameOf(namespace).name);
  caches.namespaces.addHandlers({ added: enqueue, updated: enqueue }, signal);
  const ofNamespace =
    (name: string) =>
    (object: Served<KubeObject>): void => {
      if (object.metadata.name === name) queue.add(nameOf(object).namespace);
    };
  caches.serviceAccounts.addHandlers({ deleted: ofNamespace(DEFAULT_ACCOUNT) }, signal);
  caches.rootCas.addHandlers({ updated: ofNamespace(ROOT_CA), deleted: ofNamespace(ROOT_CA) }, signal);
  return [
    { name: 'serviceaccount', workers: CONTROLLER_WORKERS, queue, reconcile: (name) => reconcile(context, name) },
  ];
}

async function reconcile(context: ControllerContext, name: string): Promise<ReconcileResult | undefined> {
  const { caches, settings } = context;
  const namespace = caches.namespaces.lister.get({ namespace: '', name });
  if (namespace === undefined) return undefined;
  const account = caches.serviceAccounts.lister.get({ namespace: name, name: DEFAULT_ACCOUNT });
  const configMap = caches.rootCas.lister.get({ namespace: name, name: ROOT_CA });
  for (const need of planNamespaceNeeds(namespace, account, configMap, settings.rootCa)) await fulfil(context, need);
  return undefined;
}

async function fulfil({ client }: ControllerContext, need: NamespaceNeed): Promise<void> {
  try {
    switch (need.kind) {
      case 'createAccount':
        await client.create(SERVICE_ACCOUNTS, need.account);
        return;
      case 'createRootCa':
        await client.create(CONFIG_MAPS, need.configMap);
        return;
      case 'updateRootCa':
        await client.update(CONFIG_MAPS, need.configMap);
        return;
      default:
        unreachable(need);
    }
  } catch (error) {
    // It is there already, or the namespace went meanwhile.
    if (!isAlreadyExists(error) && !isNamespaceTerminating(error) && !isNotFound(error)) throw error;
  }
}
