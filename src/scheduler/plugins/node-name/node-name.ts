// Filter: a pod that names its node goes there or nowhere.
import type { Plugin } from '../../framework/plugin.ts';

export const nodeName: Plugin = {
  name: 'NodeName',
  wakesOn: ['nodeAdded'],
  filter({ pod }, node) {
    const wanted = pod.spec?.nodeName ?? '';
    return wanted === '' || wanted === node.name
      ? undefined
      : { reasons: ["node(s) didn't match the requested node name"] };
  },
};
