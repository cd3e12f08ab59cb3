// What the tests of server-side apply share: an apply as a request, and who owns what as short texts.
import type { Answer } from '../harness.ts';

export const APPLY = { 'content-type': 'application/apply-patch+yaml' };
export const MERGE = { 'content-type': 'application/merge-patch+json' };

type Call = (method: string, path: string, body?: unknown, headers?: Record<string, string>) => Promise<Answer>;

/** Applies `configuration` as `manager`; `more` are further query options. */
export function apply(
  { call }: { readonly call: Call },
  path: string,
  manager: string,
  configuration: unknown,
  more = '',
): Promise<Answer> {
  return call('PATCH', `${path}?fieldManager=${manager}${more}`, configuration, APPLY);
}

/** Nothing but what is given: an empty map would be owned too. */
export function configMap(name: string, data?: Record<string, string>): object {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, ...(data === undefined ? {} : { data }) };
}

/** The entries of managedFields: `manager Operation version[/subresource]: paths of the fields that stand for themselves`. */
export function ownersOf(body: Answer['body']): readonly string[] {
  const entries: Answer['body'][] = body.metadata.managedFields ?? [];
  return entries.map(({ manager, operation, apiVersion, subresource, fieldsV1 }) => {
    const part = subresource === undefined ? '' : `/${subresource}`;
    return `${manager} ${operation} ${apiVersion}${part}: ${leavesOf(fieldsV1).join(' ')}`;
  });
}

/** The owner of one field, by manager; the path as in ownersOf. */
export function ownersOfField(body: Answer['body'], path: string): readonly string[] {
  const entries: Answer['body'][] = body.metadata.managedFields ?? [];
  return entries.filter(({ fieldsV1 }) => leavesOf(fieldsV1).includes(path)).map(({ manager }) => manager);
}

function leavesOf(fields: Readonly<Record<string, object>>, path = ''): string[] {
  return Object.entries(fields).flatMap(([element, inner]) => {
    if (element === '.') return [];
    const step = `${path}${element.replace(/^f:/, path === '' ? '' : '.')}`;
    const below = leavesOf(inner as Record<string, object>, step);
    return below.length === 0 ? [step] : below;
  });
}
