// Selectors as watches and lists use them: compiled once, matched with each object.
import { parseFieldSelector, parseLabelSelector, selectableFieldNames } from '../../src/api/index.ts';
import { POD } from './objects.ts';
import type { MicroSubject } from './subject.ts';

const LABELS = 'app in (web,bench),pod-template-hash,tier!=back,!canary';
const FIELDS = 'spec.nodeName=worker-1,status.phase!=Failed';

export const SELECTOR: MicroSubject = {
  name: 'selector',
  cases: () => {
    const names = selectableFieldNames(POD.definition);
    const label = parseLabelSelector(LABELS);
    const field = parseFieldSelector(FIELDS, names);
    const labels = { app: 'bench', 'pod-template-hash': '5d59d67564' };
    const fields = { ...POD.envelope.fields, 'spec.nodeName': 'worker-1' };
    return [
      { name: 'label', title: 'match a label selector of four terms', run: () => label.matches(labels) },
      { name: 'field', title: 'match a field selector of two terms', run: () => field.matches(fields) },
      { name: 'compile-label', title: 'compile a label selector', run: () => parseLabelSelector(LABELS) },
      { name: 'compile-field', title: 'compile a field selector', run: () => parseFieldSelector(FIELDS, names) },
    ];
  },
};
