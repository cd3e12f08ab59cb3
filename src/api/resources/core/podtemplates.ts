// Pod templates: a template on its own, for programs that make pods of it. Nothing acts on them by itself.
import { equalJson } from '../../json.ts';
import type { PodTemplate } from '../../types.ts';
import { validatePodTemplate } from '../../validation/template.ts';
import { column, defineResource, NAME_COLUMN } from '../define.ts';
import { defaultTemplate } from '../strategies.ts';
import { containerColumns, labelsText } from '../template-columns.ts';

export const POD_TEMPLATES = defineResource({
  group: '',
  version: 'v1',
  plural: 'podtemplates',
  kind: 'PodTemplate',
  namespaced: true,
  columns: [
    NAME_COLUMN,
    ...containerColumns<PodTemplate>(({ template }) => template),
    column<PodTemplate>('Pod Labels', ({ template }) => labelsText(template?.metadata?.labels)),
  ],
  strategy: {
    hasGeneration: true,
    prepareForUpdate: (object, old) => !equalJson((object as PodTemplate).template, (old as PodTemplate).template),
    applyDefaults: (object) => defaultTemplate(object as PodTemplate),
    validate: (object) => validatePodTemplate((object as PodTemplate).template, 'template'),
  },
});
