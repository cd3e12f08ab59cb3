// Feature gates: which API versions a server offers besides the stable ones, by Kubernetes' own feature names. Pure, and all
// that a command needs to understand `--feature-gates`; the resources themselves are in resources/gated/.
import { UserError } from '../../lib/index.ts';

/** The features that guard a kind or an older version of one, with their stage in 1.36. */
const FEATURES = {
  ClusterTrustBundle: 'Beta',
  CoordinatedLeaderElection: 'Beta',
  DRADeviceTaintRules: 'Beta',
  DRAResourcePoolStatus: 'Alpha',
  DynamicResourceAllocation: 'GA',
  GenericWorkload: 'Alpha',
  MultiCIDRServiceAllocator: 'GA',
  MutatingAdmissionPolicy: 'GA',
  PodCertificateRequest: 'Beta',
  StorageVersionAPI: 'Alpha',
  StorageVersionMigrator: 'Beta',
  VolumeAttributesClass: 'GA',
} as const;

export type Feature = keyof typeof FEATURES;
/** AllAlpha and AllBeta stand for every version of that stability; a feature's own value goes before theirs. */
export type GateName = Feature | 'AllAlpha' | 'AllBeta';
export type FeatureGates = Readonly<Partial<Record<GateName, boolean>>>;

const FLAG = '--feature-gates';
export const GATE_NAMES: readonly GateName[] = ['AllAlpha', 'AllBeta', ...(Object.keys(FEATURES) as Feature[])];

/** Whether a version is offered: `v1alpha2` of a kind that `feature` guards, say. */
export function isVersionEnabled(gates: FeatureGates, feature: Feature, version: string): boolean {
  return gates[feature] ?? gates[version.includes('alpha') ? 'AllAlpha' : 'AllBeta'] ?? false;
}

/** False: there is nothing to load beyond the stable versions. */
export function enablesAny(gates: FeatureGates): boolean {
  return Object.values(gates).includes(true);
}

/** Reads `Name=true,Other=false`; '' is no gate at all. Throws UserError (exit code 2). */
export function parseFeatureGates(text: string): FeatureGates {
  const gates: Partial<Record<GateName, boolean>> = {};
  for (const pair of text.split(',').map((each) => each.trim())) {
    if (pair === '') continue;
    const at = pair.indexOf('=');
    if (at < 0) throw wrong(`${JSON.stringify(pair)} has no value`, `Write it as ${pair}=true.`);
    const name = pair.slice(0, at).trim();
    gates[gateName(name)] = gateValue(name, pair.slice(at + 1).trim());
  }
  return gates;
}

/** What a configuration holds, verified: another version of this program may have written it. */
export function checkFeatureGates(gates: Readonly<Record<string, boolean>>): FeatureGates {
  return parseFeatureGates(formatFeatureGates(gates));
}

export function formatFeatureGates(gates: Readonly<Record<string, boolean>>): string {
  return Object.entries(gates)
    .map(([name, value]) => `${name}=${value}`)
    .join(',');
}

function gateName(name: string): GateName {
  const found = GATE_NAMES.find((known) => known === name);
  if (found !== undefined) return found;
  const meant = GATE_NAMES.find((known) => known.toLowerCase() === name.toLowerCase());
  const hint = meant === undefined ? '' : `Did you mean ${meant}? `;
  throw wrong(`there is no feature gate ${JSON.stringify(name)}`, `${hint}The names are ${GATE_NAMES.join(', ')}.`);
}

function gateValue(name: string, text: string): boolean {
  const value = VALUES.get(text);
  if (value === undefined)
    throw wrong(`${name} is ${JSON.stringify(text)}, which is neither true nor false`, `Write ${name}=true.`);
  if (!value && isStable(name))
    throw wrong(`${name} is stable and cannot be false`, `Leave ${name} away: its stable version is always served.`);
  return value;
}

/** As Go reads booleans. */
const VALUES: ReadonlyMap<string, boolean> = new Map([
  ...['1', 't', 'T', 'true', 'TRUE', 'True'].map((text) => [text, true] as const),
  ...['0', 'f', 'F', 'false', 'FALSE', 'False'].map((text) => [text, false] as const),
]);

function isStable(name: string): boolean {
  return Object.entries(FEATURES).some(([feature, stage]) => feature === name && stage === 'GA');
}

function wrong(what: string, remedy: string): UserError {
  return new UserError(`${FLAG}: ${what}`, remedy, { exitCode: 2 });
}
