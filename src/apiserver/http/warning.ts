// Warning headers (RFC 7234, 5.5), in the form that Kubernetes sends and kubectl prints.

/** `299 - "text"`, with what a header cannot carry left out. */
export function warningHeader(text: string): string {
  const printable = text.replace(/[^\x20-\x7e]/g, ' ').replace(/["\\]/g, (found) => `\\${found}`);
  return `299 - "${printable}"`;
}
