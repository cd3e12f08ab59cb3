// Shorthands for tests of kinds: a status change through the whole lifecycle, and the cells of a table.
import {
  admitDecoded,
  cloneJson,
  type Json,
  type KubeObject,
  prepareStatusUpdate,
  type ResourceDefinition,
  tableOf,
  validateStatusUpdate,
} from '../../src/api/index.ts';
import { context, schema } from './support.ts';

/** What is stored when the status of `old` is replaced by what `change` makes of it. */
export function statusUpdated<T extends KubeObject>(
  definition: ResourceDefinition,
  old: T,
  change: (object: T) => void,
): T {
  const body = cloneJson(old);
  change(body);
  const { object } = admitDecoded(schema, definition, { value: body as unknown as Json }, 'Strict');
  prepareStatusUpdate(schema, definition, object, old, context);
  validateStatusUpdate(definition, object, old);
  return object as T;
}

const NOW = Date.UTC(2026, 0, 2);

/** The cells by the names of their columns; `Name*` are those of -o wide. */
export function cellsOf(definition: ResourceDefinition, object: object): Record<string, unknown> {
  const options = { version: 'v1', nowMs: NOW, includeObject: 'None', metadata: { resourceVersion: '9' } } as const;
  const { columnDefinitions, rows } = tableOf(definition, [object as KubeObject], options);
  return Object.fromEntries(
    columnDefinitions.map(({ name, priority }, index) => [
      `${name}${priority === 1 ? '*' : ''}`,
      rows[0]?.cells[index],
    ]),
  );
}
