// What each server does with each object that is written: the revision is put into its bytes, and the version is hashed.
import { makeVersion, packCommand, type Revision, withRevision } from '../../src/store/index.ts';
import { CONFIG_MAP, POD, type Sample } from './objects.ts';
import type { MicroSubject } from './subject.ts';

const revision = 123_456 as Revision;

export const REVISION: MicroSubject = {
  name: 'revision',
  cases: () => [
    { name: 'splice', title: 'put the revision into a pod', run: () => splice(POD) },
    { name: 'version-configmap', title: 'make a version of a ConfigMap', run: versionOf(CONFIG_MAP) },
    { name: 'version-pod', title: 'make a version of a pod', run: versionOf(POD) },
  ],
};

function splice({ envelope }: Sample): Uint8Array {
  return withRevision(envelope.bytes, envelope.revisionOffset, revision);
}

function versionOf({ key, envelope }: Sample): () => unknown {
  const [put] = packCommand({ conditions: [], writes: [{ kind: 'put', key, envelope }] }).writes;
  if (put?.kind !== 'put') throw new Error('a put is packed as a put');
  return () => makeVersion(put, revision, undefined, revision);
}
