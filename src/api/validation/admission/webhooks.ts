// The rules of admission webhooks: where they are, what they are called for, and what they may do besides.
import type { MutatingWebhook, ValidatingWebhook, WebhookClientConfig } from '../../cluster-types.ts';
import type { FieldError } from '../../definition.ts';
import { addFindings, duplicate, invalid, notSupported, problemsAt, required } from '../../field-error.ts';
import { fullyQualifiedName } from '../domains.ts';
import { validateLabelSelector } from '../labels.ts';
import { dns1035LabelProblems, dns1123SubdomainProblems } from '../names.ts';
import { oneOf } from '../numbers.ts';
import {
  defaultRules,
  FAILURE_POLICIES,
  MATCH_POLICIES,
  REINVOCATION_POLICIES,
  validateMatchConditions,
  validateRule,
} from './rules.ts';

type Webhook = ValidatingWebhook & Pick<MutatingWebhook, 'reinvocationPolicy'>;

const REVIEW_VERSIONS = ['v1', 'v1beta1'];
const SIDE_EFFECTS = ['None', 'NoneOnDryRun'];
const TIMEOUT_DEFAULT_SECONDS = 10;
const TIMEOUT_MAX_SECONDS = 30;
const HTTPS_PORT = 443;

export function validateWebhooks(webhooks: readonly Webhook[] | undefined): FieldError[] {
  const errors: FieldError[] = [];
  const names = new Set<string>();
  for (const [index, webhook] of (webhooks ?? []).entries()) {
    const at = `webhooks[${index}]`;
    addFindings(errors, validateWebhook(webhook, at));
    addFindings(errors, validateVersions(webhook.admissionReviewVersions ?? [], `${at}.admissionReviewVersions`));
    if (names.has(webhook.name)) errors.push(duplicate(`${at}.name`, webhook.name));
    if (webhook.name) names.add(webhook.name);
  }
  return errors;
}

function validateWebhook(webhook: Webhook, at: string): FieldError[] {
  const errors = fullyQualifiedName(webhook.name, `${at}.name`);
  for (const [index, rule] of (webhook.rules ?? []).entries())
    addFindings(errors, validateRule(rule, `${at}.rules[${index}]`));
  addFindings(errors, oneOf(webhook.failurePolicy, `${at}.failurePolicy`, FAILURE_POLICIES, 'optional'));
  addFindings(errors, oneOf(webhook.matchPolicy, `${at}.matchPolicy`, MATCH_POLICIES, 'optional'));
  const { sideEffects, timeoutSeconds, reinvocationPolicy } = webhook;
  if (!sideEffects) errors.push(required(`${at}.sideEffects`, `must specify one of ${SIDE_EFFECTS.join(', ')}`));
  else if (!SIDE_EFFECTS.includes(sideEffects))
    errors.push(notSupported(`${at}.sideEffects`, sideEffects, SIDE_EFFECTS));
  if (timeoutSeconds !== undefined && (timeoutSeconds < 1 || timeoutSeconds > TIMEOUT_MAX_SECONDS)) {
    const detail = 'the timeout value must be between 1 and 30 seconds';
    errors.push(invalid(`${at}.timeoutSeconds`, timeoutSeconds, detail));
  }
  addFindings(errors, validateLabelSelector(webhook.namespaceSelector, `${at}.namespaceSelector`));
  addFindings(errors, validateLabelSelector(webhook.objectSelector, `${at}.objectSelector`));
  addFindings(errors, oneOf(reinvocationPolicy, `${at}.reinvocationPolicy`, REINVOCATION_POLICIES, 'optional'));
  addFindings(errors, validateClientConfig(webhook.clientConfig ?? {}, `${at}.clientConfig`));
  addFindings(errors, validateMatchConditions(webhook.matchConditions, `${at}.matchConditions`));
  return errors;
}

function validateVersions(versions: readonly string[], at: string): FieldError[] {
  if (versions.length === 0) return [required(at, `must specify one of ${REVIEW_VERSIONS.join(', ')}`)];
  const errors: FieldError[] = [];
  for (const [index, version] of versions.entries()) {
    if (versions.indexOf(version) < index) errors.push(invalid(`${at}[${index}]`, version, 'duplicate version'));
    else addFindings(errors, problemsAt(`${at}[${index}]`, version, dns1035LabelProblems(version)));
  }
  if (!versions.some((version) => REVIEW_VERSIONS.includes(version)))
    errors.push(invalid(at, versions, `must include at least one of ${REVIEW_VERSIONS.join(', ')}`));
  return errors;
}

export function validateClientConfig({ url, service }: WebhookClientConfig, at: string): FieldError[] {
  if ((url === undefined) === (service === undefined))
    return [required(at, 'exactly one of url or service is required')];
  if (url !== undefined) return validateUrl(url, `${at}.url`);
  const errors: FieldError[] = [];
  const { name, namespace, path, port = HTTPS_PORT } = service ?? {};
  if (!name) errors.push(required(`${at}.service.name`));
  if (!namespace) errors.push(required(`${at}.service.namespace`));
  if (!(port >= 1 && port <= 65_535)) {
    const detail = 'port is not valid: must be between 1 and 65535, inclusive';
    errors.push(invalid(`${at}.service.port`, port, detail));
  }
  return [...errors, ...validateServicePath(path ?? '', `${at}.service.path`)];
}

/** RFC 3986, appendix B: scheme, authority, path, query, fragment. */
const URL_PARTS = /^(?:([^:/?#]+):)?(?:\/\/([^/?#]*))?[^?#]*(?:\?([^#]*))?(?:#(.*))?$/s;
const URL_FORM = '; desired format: https://host[/path]';

function validateUrl(url: string, at: string): FieldError[] {
  const [, scheme = '', authority = '', query = '', fragment = ''] = URL_PARTS.exec(url) ?? [];
  if (authority !== '' && !URL.canParse(url))
    return [required(at, `url must be a valid URL: parse ${JSON.stringify(url)}${URL_FORM}`)];
  const errors: FieldError[] = [];
  if (scheme !== 'https') errors.push(invalid(at, scheme, `'https' is the only allowed URL scheme${URL_FORM}`));
  const user = authority.includes('@') ? authority.slice(0, authority.lastIndexOf('@')) : undefined;
  if (authority === '' || authority.endsWith('@')) errors.push(invalid(at, '', `host must be specified${URL_FORM}`));
  if (user !== undefined) errors.push(invalid(at, user, 'user information is not permitted in the URL'));
  if (fragment !== '') errors.push(invalid(at, fragment, 'fragments are not permitted in the URL'));
  if (query !== '') errors.push(invalid(at, query, 'query parameters are not permitted in the URL'));
  return errors;
}

function validateServicePath(path: string, at: string): FieldError[] {
  if (path === '' || path === '/') return [];
  if (path === '//') return [invalid(at, path, 'segment[0] may not be empty')];
  const errors: FieldError[] = [];
  if (!path.startsWith('/')) errors.push(invalid(at, path, "must start with a '/'"));
  for (const [index, segment] of path.slice(1).replace(/\/$/, '').split('/').entries()) {
    if (segment === '') errors.push(invalid(at, path, `segment[${index}] may not be empty`));
    else {
      const problems = dns1123SubdomainProblems(segment).map((problem) => `segment[${index}]: ${problem}`);
      addFindings(errors, problemsAt(at, path, problems));
    }
  }
  return errors;
}

export function defaultWebhooks(webhooks: readonly Webhook[] | undefined): void {
  for (const webhook of webhooks ?? []) {
    webhook.failurePolicy ??= 'Fail';
    webhook.matchPolicy ??= 'Equivalent';
    webhook.namespaceSelector ??= {};
    webhook.objectSelector ??= {};
    webhook.timeoutSeconds ??= TIMEOUT_DEFAULT_SECONDS;
    if (webhook.clientConfig?.service !== undefined) webhook.clientConfig.service.port ??= HTTPS_PORT;
    defaultRules(webhook.rules);
  }
}
