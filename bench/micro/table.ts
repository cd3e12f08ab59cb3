// What `kubectl get` is answered.
import { tableOf } from '../../src/api/index.ts';
import { POD } from './objects.ts';
import type { MicroSubject } from './subject.ts';

export const TABLE: MicroSubject = {
  name: 'table',
  cases: () =>
    (['None', 'Metadata'] as const).map((includeObject) => ({
      name: `row-${includeObject.toLowerCase()}`,
      title: `table row of a pod, with ${includeObject === 'None' ? 'no object' : 'its metadata'}`,
      run: () =>
        tableOf(POD.definition, [POD.object], {
          version: 'v1',
          metadata: {},
          nowMs: 0,
          includeObject,
          withColumns: false,
        }),
    })),
};
