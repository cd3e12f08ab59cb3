// The columns of `kubectl get --subresource=scale`, for whatever has a scale.
import type { TableColumn } from '../definition.ts';
import type { Scale } from '../types.ts';
import { AGE_COLUMN, column, NAME_COLUMN } from './define.ts';

export const SCALE_COLUMNS: readonly TableColumn[] = [
  { ...NAME_COLUMN, format: '' },
  column<Scale>('Desired', ({ spec }) => spec?.replicas ?? 0, { type: 'integer' }),
  column<Scale>('Available', ({ status }) => status?.replicas ?? 0, { type: 'integer' }),
  AGE_COLUMN,
];
