// Columns of kinds with a pod template: its containers, their images, and the selector of the pods.
import type { TableColumn } from '../definition.ts';
import type { KubeObject } from '../object.ts';
import { matcherOfSelector } from '../selectors/index.ts';
import type { LabelSelector, PodTemplateSpec } from '../types.ts';
import { column } from './define.ts';

interface Templated extends KubeObject {
  spec?: { template?: PodTemplateSpec; selector?: LabelSelector };
}

interface ColumnOptions {
  readonly wide?: true;
}

/** Containers and Images, of the template that `templateOf` finds. */
export function containerColumns<T extends KubeObject>(
  templateOf: (object: T) => PodTemplateSpec | undefined,
  options: ColumnOptions = {},
): readonly TableColumn[] {
  const containersOf = (object: T): readonly { name: string; image?: string }[] =>
    templateOf(object)?.spec?.containers ?? [];
  const names = (object: T): string =>
    containersOf(object)
      .map(({ name }) => name)
      .join(',');
  const images = (object: T): string =>
    containersOf(object)
      .map(({ image }) => image ?? '')
      .join(',');
  return [column('Containers', names, options), column('Images', images, options)];
}

export function selectorColumn<T extends KubeObject>(
  selectorOf: (object: T) => LabelSelector | undefined,
): TableColumn {
  return column<T>('Selector', (object) => matcherOfSelector(selectorOf(object)).toString() || '<none>', {
    wide: true,
  });
}

/** A map of labels as users read it: `a=b,c=d`, sorted, or `<none>`. */
export function labelsText(labels: Readonly<Record<string, string>> | undefined): string {
  return matcherOfSelector({ matchLabels: labels ?? {} }).toString() || '<none>';
}

const ofSpec = ({ spec }: Templated): PodTemplateSpec | undefined => spec?.template;

export const WIDE_CONTAINER_COLUMNS = containerColumns<Templated>(ofSpec, { wide: true });

export const TEMPLATE_COLUMNS: readonly TableColumn[] = [
  ...WIDE_CONTAINER_COLUMNS,
  selectorColumn<Templated>(({ spec }) => spec?.selector),
];
