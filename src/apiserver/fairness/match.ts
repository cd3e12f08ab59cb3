// Whether the rules of a flow schema match a request. They are compiled once for each user: what is asked for each request is a
// few comparisons.
import { serviceAccountUserName } from '../authn/users.ts';
import type { UserInfo } from '../options.ts';
import type { RequestInfo, ResourceRequest } from '../request-info/parse.ts';
import type { SchemaPlan } from './plan.ts';

type PolicyRules = SchemaPlan['rules'][number];
type Subject = PolicyRules['subjects'][number];

export type RequestMatcher = (info: RequestInfo) => boolean;

/** The rules that concern this user, as one question; undefined when none does. */
export function matcherFor(user: UserInfo, rules: SchemaPlan['rules']): RequestMatcher | undefined {
  const own = rules.filter(({ subjects }) => (subjects ?? []).some((subject) => isSubject(user, subject)));
  if (own.length === 0) return undefined;
  const forResources = own.flatMap(({ resourceRules = [] }) => resourceRules.map(compileResourceRule));
  const forPaths = own.flatMap(({ nonResourceRules = [] }) => nonResourceRules.map(compilePathRule));
  return (info) => {
    if (info.kind === 'resource') {
      for (const matches of forResources) if (matches(info)) return true;
      return false;
    }
    // A path that names nothing is refused; until then it counts as read.
    const verb = info.kind === 'nonResource' ? info.verb : 'get';
    for (const matches of forPaths) if (matches(verb, info.path)) return true;
    return false;
  };
}

export function isSubject(user: UserInfo, { kind, user: named, group, serviceAccount }: Subject): boolean {
  switch (kind) {
    case 'User':
      return named !== undefined && (named.name === '*' || named.name === user.name);
    case 'Group':
      return group !== undefined && (group.name === '*' || user.groups.includes(group.name));
    case 'ServiceAccount': {
      if (serviceAccount === undefined) return false;
      const { name, namespace } = serviceAccount;
      if (name === '*') return user.name.startsWith(serviceAccountUserName(namespace, ''));
      return user.name === serviceAccountUserName(namespace, name);
    }
    default:
      return false;
  }
}

/** Undefined: everything is in the list. */
type Listed = ReadonlySet<string> | undefined;

function listed(list: readonly string[] | undefined): Listed {
  return list?.length === 1 && list[0] === '*' ? undefined : new Set(list);
}

function compileResourceRule(
  rule: NonNullable<PolicyRules['resourceRules']>[number],
): (info: ResourceRequest) => boolean {
  const verbs = listed(rule.verbs);
  const groups = listed(rule.apiGroups);
  const resources = listed(rule.resources);
  const namespaces = listed(rule.namespaces);
  const clusterScope = rule.clusterScope === true;
  return (info) => {
    if (verbs?.has(info.verb) === false || groups?.has(info.group) === false) return false;
    if (resources !== undefined && !resources.has(resourceOf(info))) return false;
    return info.namespace === '' ? clusterScope : namespaces?.has(info.namespace) !== false;
  };
}

function resourceOf({ resource, subresource }: ResourceRequest): string {
  return subresource === '' ? resource : `${resource}/${subresource}`;
}

function compilePathRule(
  rule: NonNullable<PolicyRules['nonResourceRules']>[number],
): (verb: string, path: string) => boolean {
  const verbs = listed(rule.verbs);
  const paths = rule.nonResourceURLs ?? [];
  const below = paths.map((path) => path.replace(/\*$/, '').replace(/\/?$/, '/'));
  const all = paths.includes('*');
  return (verb, path) => {
    if (verbs?.has(verb) === false) return false;
    return all || paths.includes(path) || below.some((prefix) => path.startsWith(prefix));
  };
}
