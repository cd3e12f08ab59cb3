// What answers of the API say of registers, and of whatever else is listed.
import type { Listing, Version } from '../history/operation.ts';

export interface ConfigMap {
  readonly metadata: { readonly name: string; readonly resourceVersion: string };
  readonly data?: { readonly value?: string };
}

export function versionOf({ metadata, data }: ConfigMap): Required<Version> {
  return { value: data?.value ?? '', revision: Number(metadata.resourceVersion) };
}

export function parseListing(text: string): Listing {
  const list = JSON.parse(text) as {
    readonly metadata: { readonly resourceVersion: string };
    readonly items: readonly ConfigMap[];
  };
  return {
    revision: Number(list.metadata.resourceVersion),
    items: Object.fromEntries(list.items.map((item) => [item.metadata.name, versionOf(item)])),
  };
}
