// Names of images: how they are completed, and what is wrong with one.

/** Docker's rules of a reference, without the length of its parts: [registry[:port]/]path[:tag][@digest]. */
const REFERENCE =
  /^(?:[a-zA-Z0-9][a-zA-Z0-9.-]*(?::\d+)?\/)?[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*(?::[\w][\w.-]{0,127})?(?:@[A-Za-z][A-Za-z0-9]*:[0-9a-fA-F]{32,})?$/;

/** Why nothing can be pulled by this name, or undefined. */
export function referenceProblem(reference: string): string | undefined {
  if (REFERENCE.test(reference)) return undefined;
  return `Failed to apply default image tag "${reference}": couldn't parse image name "${reference}": invalid reference format`;
}

/** The tag of a reference; undefined when it is named by digest. `latest` when it names none. */
export function tagOf(reference: string): string | undefined {
  if (reference.includes('@')) return undefined;
  const last = reference.slice(reference.lastIndexOf('/') + 1);
  const colon = last.indexOf(':');
  return colon < 0 ? 'latest' : last.slice(colon + 1);
}

/** The reference without tag and digest. */
export function repositoryOf(reference: string): string {
  const [name = ''] = reference.split('@');
  const colon = name.indexOf(':', name.lastIndexOf('/') + 1);
  return colon < 0 ? name : name.slice(0, colon);
}

/** The reference with its tag: without one, Docker would pull every tag there is. */
export function withTag(reference: string): string {
  const last = reference.slice(reference.lastIndexOf('/') + 1);
  return last.includes(':') || last.includes('@') ? reference : `${reference}:latest`;
}

/** Kubernetes' name of a processor architecture, from Node's or Linux'. */
export function architectureName(name: string): string {
  switch (name) {
    case 'x64':
    case 'x86_64':
    case 'amd64':
      return 'amd64';
    case 'aarch64':
      return 'arm64';
    default:
      return name;
  }
}
