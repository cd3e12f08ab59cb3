// The rules of names (RFC 1123 and 1035 as Kubernetes reads them): each function lists what is wrong, in Kubernetes'
// words; an empty list means valid.

const DNS1123_LABEL = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
export const DNS1123_SUBDOMAIN = `${DNS1123_LABEL}(\\.${DNS1123_LABEL})*`;
const DNS1035_LABEL = '[a-z]([-a-z0-9]*[a-z0-9])?';
export const DNS_LABEL_LIMIT = 63;
export const DNS_SUBDOMAIN_LIMIT = 253;

const labelPattern = new RegExp(`^${DNS1123_LABEL}$`);
const labelPattern1035 = new RegExp(`^${DNS1035_LABEL}$`);
// Linear: one label at a time.
export const isSubdomain = (value: string): boolean => value.split('.').every((part) => labelPattern.test(part));

export function tooLongText(limit: number): string {
  return `must be no more than ${limit} characters`;
}

export function regexError(message: string, pattern: string, ...examples: readonly string[]): string {
  const list = examples.map((example) => `'${example}'`).join(' or ');
  return `${message} (${examples.length === 0 ? '' : `e.g. ${list.replaceAll(' or ', ',  or ')}, `}regex used for validation is '${pattern}')`;
}

export function dns1123LabelProblems(value: string): string[] {
  const problems: string[] = [];
  if (value.length > DNS_LABEL_LIMIT) problems.push(tooLongText(DNS_LABEL_LIMIT));
  if (!labelPattern.test(value)) {
    problems.push(
      isSubdomain(value)
        ? 'must not contain dots'
        : regexError(
            "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character",
            DNS1123_LABEL,
            'my-name',
            '123-abc',
          ),
    );
  }
  return problems;
}

export function dns1123SubdomainProblems(value: string): string[] {
  const problems: string[] = [];
  if (value.length > DNS_SUBDOMAIN_LIMIT) problems.push(tooLongText(DNS_SUBDOMAIN_LIMIT));
  if (!isSubdomain(value)) {
    problems.push(
      regexError(
        "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character",
        DNS1123_SUBDOMAIN,
        'example.com',
      ),
    );
  }
  return problems;
}

export function dns1035LabelProblems(value: string): string[] {
  const problems: string[] = [];
  if (value.length > DNS_LABEL_LIMIT) problems.push(tooLongText(DNS_LABEL_LIMIT));
  if (!labelPattern1035.test(value)) {
    problems.push(
      regexError(
        "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character",
        DNS1035_LABEL,
        'my-name',
        'abc-123',
      ),
    );
  }
  return problems;
}

export function pathSegmentProblems(value: string): string[] {
  if (value === '.' || value === '..') return [`may not be '${value}'`];
  return ['/', '%'].filter((char) => value.includes(char)).map((char) => `may not contain '${char}'`);
}

/** IANA service names: container and service ports' names. */
export function portNameProblems(value: string): string[] {
  const problems: string[] = [];
  if (value.length > 15) problems.push(tooLongText(15));
  if (!/^[-a-z0-9]+$/.test(value))
    problems.push('must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)');
  if (!/[a-z]/.test(value)) problems.push('must contain at least one letter (a-z)');
  if (value.includes('--')) problems.push('must not contain consecutive hyphens');
  if (value !== '' && (value.startsWith('-') || value.endsWith('-')))
    problems.push('must not begin or end with a hyphen');
  return problems;
}

/** Keys of ConfigMaps and Secrets. */
export function configKeyProblems(value: string): string[] {
  const problems: string[] = [];
  if (value.length > DNS_SUBDOMAIN_LIMIT) problems.push(tooLongText(DNS_SUBDOMAIN_LIMIT));
  if (!/^[-._a-zA-Z0-9]+$/.test(value)) {
    problems.push(
      regexError(
        "a valid config key must consist of alphanumeric characters, '-', '_' or '.'",
        '[-._a-zA-Z0-9]+',
        'key.name',
        'KEY_NAME',
        'key-name',
      ),
    );
  }
  if (value === '.') problems.push("must not be '.'");
  else if (value === '..') problems.push("must not be '..'");
  else if (value.startsWith('..')) problems.push("must not start with '..'");
  return problems;
}

/** Names of environment variables: any printable ASCII but '='. */
export function envVarNameProblems(value: string): string[] {
  if (/^[ -<>-~]+$/.test(value)) return [];
  return ["a valid environment variable name must consist only of printable ASCII characters other than '='"];
}
