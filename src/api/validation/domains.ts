// Names that are made of domains: wildcard hosts, fully qualified names, domain-prefixed paths, signers, and identifiers of C
// and CEL that go with them. Findings are in Kubernetes' words.
import type { FieldError } from '../definition.ts';
import { invalid, problemsAt, required, tooLong } from '../field-error.ts';
import {
  DNS_LABEL_LIMIT,
  DNS_SUBDOMAIN_LIMIT,
  DNS1123_SUBDOMAIN,
  dns1123LabelProblems,
  dns1123SubdomainProblems,
  isSubdomain,
  regexError,
  tooLongText,
} from './names.ts';

/** `*.example.com`. */
export function wildcardSubdomainProblems(value: string): string[] {
  const problems: string[] = [];
  if (value.length > DNS_SUBDOMAIN_LIMIT) problems.push(tooLongText(DNS_SUBDOMAIN_LIMIT));
  const rest = value.startsWith('*.') ? value.slice(2) : '';
  if (rest === '' || !isSubdomain(rest)) {
    problems.push(
      regexError(
        "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character",
        `\\*\\.${DNS1123_SUBDOMAIN}`,
        '*.example.com',
      ),
    );
  }
  return problems;
}

/** Three segments at least: names of webhooks. */
export function fullyQualifiedName(value: string | undefined, field: string): FieldError[] {
  if (!value) return [required(field)];
  const problems = dns1123SubdomainProblems(value);
  if (problems.length > 0) return [invalid(field, value, problems.join(','))];
  if (value.split('.').length >= 3) return [];
  return [invalid(field, value, 'should be a domain with at least three segments separated by dots')];
}

const HTTP_PATH = "[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+";
const httpPath = new RegExp(`^${HTTP_PATH}$`);

/** `acme.io/foo`. */
export function domainPrefixedPath(value: string, field: string): FieldError[] {
  if (value === '') return [required(field)];
  const slash = value.indexOf('/');
  const host = value.slice(0, Math.max(slash, 0));
  const path = value.slice(slash + 1);
  if (slash < 1 || path === '')
    return [invalid(field, value, 'must be a domain-prefixed path (such as "acme.io/foo")')];
  const errors = problemsAt(field, host, dns1123SubdomainProblems(host));
  if (!httpPath.test(path)) errors.push(invalid(field, path, regexError('Invalid path', HTTP_PATH)));
  return errors;
}

const SIGNER_PATH_LIMIT = DNS_SUBDOMAIN_LIMIT + DNS_LABEL_LIMIT + 1;
const SIGNER_NAME_LIMIT = DNS_SUBDOMAIN_LIMIT + SIGNER_PATH_LIMIT + 1;

/** `example.com/signer-name`; the path may be a namespace and a name with a dot between. */
export function signerName(value: string | undefined, field: string): FieldError[] {
  if (!value) return [required(field)];
  const [domain = '', path = '', ...more] = value.split('/');
  if (!value.includes('/') || more.length > 0) {
    const form = "must be a fully qualified domain and path of the form 'example.com/signer-name'";
    return [invalid(field, value, form)];
  }
  const errors: FieldError[] = [];
  if (domain.length > DNS_SUBDOMAIN_LIMIT) errors.push(tooLong(field, DNS_SUBDOMAIN_LIMIT));
  errors.push(...firstBadLabel(domain, field, dns1123LabelProblems));
  if (!domain.includes('.'))
    errors.push(invalid(field, domain, 'should be a domain with at least two segments separated by dots'));
  errors.push(...firstBadLabel(path, field, dns1123SubdomainProblems));
  if (value.length > SIGNER_NAME_LIMIT) errors.push(tooLong(field, SIGNER_NAME_LIMIT));
  return errors;
}

/** The first label alone: others would repeat it. */
function firstBadLabel(text: string, field: string, check: (label: string) => string[]): FieldError[] {
  for (const label of text.split('.')) {
    const problems = check(label).map((problem) => `validating label ${JSON.stringify(label)}: ${problem}`);
    if (problems.length > 0) return problemsAt(field, text, problems);
  }
  return [];
}

const C_IDENTIFIER = '[A-Za-z_][A-Za-z0-9_]*';
const cIdentifier = new RegExp(`^${C_IDENTIFIER}$`);

export function cIdentifierProblems(value: string): string[] {
  if (cIdentifier.test(value)) return [];
  return [
    regexError(
      "a valid C identifier must start with alphabetic character or '_', followed by a string of alphanumeric characters or '_'",
      C_IDENTIFIER,
      'my_name',
      'MY_NAME',
      'MyName',
    ),
  ];
}

const CEL_RESERVED = new Set(
  'true false null in as break const continue else for function if import let loop package namespace return var void while'.split(
    ' ',
  ),
);

export function isCelIdentifier(value: string): boolean {
  return cIdentifier.test(value) && !CEL_RESERVED.has(value);
}
