// The wide columns of kinds with a pod template: its containers, their images, and the selector.
import type { TableColumn } from '../../definition.ts';
import { matcherOfSelector } from '../../selectors/index.ts';
import type { Deployment, ReplicaSet } from '../../types.ts';
import { column } from '../define.ts';

type Templated = Deployment | ReplicaSet;

/** The containers alone, for kinds whose selector has another form. */
export const CONTAINER_COLUMNS: readonly TableColumn[] = [
  column<Templated>(
    'Containers',
    (object) =>
      containersOf(object)
        .map(({ name }) => name)
        .join(','),
    { wide: true },
  ),
  column<Templated>(
    'Images',
    (object) =>
      containersOf(object)
        .map(({ image }) => image ?? '')
        .join(','),
    { wide: true },
  ),
];

export const TEMPLATE_COLUMNS: readonly TableColumn[] = [
  ...CONTAINER_COLUMNS,
  column<Templated>('Selector', ({ spec }) => matcherOfSelector(spec?.selector).toString() || '<none>', { wide: true }),
];

function containersOf({ spec }: Templated): readonly { name: string; image?: string }[] {
  return spec?.template?.spec?.containers ?? [];
}
