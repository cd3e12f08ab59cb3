// `--feature-gates`: what it may say, what it opens, and how it is refused.
import { describe, expect, it } from 'vitest';
import facts from '../../src/api/facts/resources.json' with { type: 'json' };
import {
  checkFeatureGates,
  createApiRegistry,
  createGatedRegistry,
  formatFeatureGates,
  GATE_NAMES,
  groupVersion,
  parseFeatureGates,
} from '../../src/api/index.ts';
import { GATED_RESOURCES } from '../../src/api/resources/gated/index.ts';
import { UserError } from '../../src/lib/index.ts';

const stable = createApiRegistry();
const ALL = { AllAlpha: true, AllBeta: true };
const isStable = (version: string): boolean => /^v\d+$/.test(version);

async function opened(text: string): Promise<string[]> {
  const registry = await createGatedRegistry(parseFeatureGates(text));
  return registry
    .all()
    .filter(({ version }) => !isStable(version))
    .map(({ group, version, plural }) => `${groupVersion(group, version)}/${plural}`)
    .sort();
}

describe('a list of feature gates', () => {
  it.each([
    ['', {}],
    ['AllBeta=true', { AllBeta: true }],
    [' AllAlpha = true , ClusterTrustBundle=0 ,', { AllAlpha: true, ClusterTrustBundle: false }],
    ['GenericWorkload=false,GenericWorkload=T', { GenericWorkload: true }],
  ])('%j is read as Kubernetes reads it, and written again the same', (text, gates) => {
    expect(parseFeatureGates(text)).toEqual(gates);
    expect(parseFeatureGates(formatFeatureGates(gates))).toEqual(gates);
  });

  it.each([
    ['Nonsense=true', '--feature-gates: there is no feature gate "Nonsense"', /^The names are AllAlpha, AllBeta, Clus/],
    ['allbeta=true', 'there is no feature gate "allbeta"', /^Did you mean AllBeta\? /],
    ['constructor=true', 'there is no feature gate "constructor"', /^The names are/],
    ['AllBeta', '"AllBeta" has no value', /^Write it as AllBeta=true\.$/],
    ['AllBeta=yes', 'AllBeta is "yes", which is neither true nor false', /^Write AllBeta=true\.$/],
    ['AllBeta=', 'AllBeta is "", which is neither true nor false', /^Write/],
    ['VolumeAttributesClass=false', 'VolumeAttributesClass is stable and cannot be false', /always served/],
  ])('%j is refused with the flag, the value and the remedy', (text, message, remedy) => {
    const refused = attempt(() => parseFeatureGates(text));
    expect(refused.message).toContain(message);
    expect(refused.message).toMatch(/^--feature-gates: /);
    expect(refused.remedy).toMatch(remedy);
    expect(refused.exitCode).toBe(2);
  });

  it('is verified when a configuration has it, which another version may have written', () => {
    expect(checkFeatureGates({ AllBeta: true })).toEqual({ AllBeta: true });
    expect(() => checkFeatureGates({ Forgotten: true })).toThrow('there is no feature gate "Forgotten"');
  });
});

function attempt(action: () => unknown): UserError {
  try {
    action();
  } catch (error) {
    if (error instanceof UserError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

describe('the registry with feature gates', () => {
  it('is the stable one without them, and where all are false', async () => {
    expect((await createGatedRegistry({})).all()).toBe(stable.all());
    expect(await opened('AllBeta=false')).toEqual([]);
  });

  it('has every beta and alpha version of the published API when all are open', async () => {
    const published = facts.resources.filter(({ version }) => !isStable(version));
    const names = published.map(({ group, version, plural }) => `${groupVersion(group, version)}/${plural}`);
    expect(await opened('AllAlpha=true,AllBeta=true')).toEqual(names.sort());
    expect(await opened('AllBeta=true')).toEqual(names.filter((name) => name.includes('beta')));
  });

  it.each([
    ['StorageVersionAPI=true', ['internal.apiserver.k8s.io/v1alpha1/storageversions']],
    ['VolumeAttributesClass=true', ['storage.k8s.io/v1beta1/volumeattributesclasses']],
    ['GenericWorkload=true', ['scheduling.k8s.io/v1alpha2/podgroups', 'scheduling.k8s.io/v1alpha2/workloads']],
    [
      'ClusterTrustBundle=true',
      ['certificates.k8s.io/v1alpha1/clustertrustbundles', 'certificates.k8s.io/v1beta1/clustertrustbundles'],
    ],
  ])('opens with %s what that feature guards, and nothing else', async (text, names) => {
    expect(await opened(text)).toEqual(names);
  });

  it('hears a feature by its name before AllBeta and AllAlpha', async () => {
    const all = await opened('AllBeta=true,PodCertificateRequest=false');
    expect(all).not.toContain('certificates.k8s.io/v1beta1/podcertificaterequests');
    expect(all).toContain('certificates.k8s.io/v1beta1/clustertrustbundles');
  });

  it('knows a feature for each version, and a version for each feature', () => {
    const used = new Set<string>(GATED_RESOURCES.map(({ feature }) => feature));
    expect([...used].sort()).toEqual(GATE_NAMES.filter((name) => !name.startsWith('All')).sort());
  });

  it('prefers stable versions to beta ones, beta to alpha, and newer to older', async () => {
    const groups = new Map((await createGatedRegistry(ALL)).groups().map(({ name, versions }) => [name, versions]));
    expect(groups.get('resource.k8s.io')).toEqual(['v1', 'v1beta2', 'v1beta1', 'v1alpha3']);
    expect(groups.get('admissionregistration.k8s.io')).toEqual(['v1', 'v1beta1', 'v1alpha1']);
    expect(groups.get('certificates.k8s.io')).toEqual(['v1', 'v1beta1', 'v1alpha1']);
    expect(groups.get('coordination.k8s.io')).toEqual(['v1', 'v1beta1', 'v1alpha2']);
    expect(groups.get('autoscaling')).toEqual(['v2', 'v1']);
    expect(groups.get('storagemigration.k8s.io')).toEqual(['v1beta1']);
  });

  it('keeps versions of one kind in one form, which is served itself or is stable', async () => {
    const registry = await createGatedRegistry(ALL);
    for (const { definition } of GATED_RESOURCES) {
      const { storedAs, group, plural, kind } = definition;
      if (storedAs === undefined) continue;
      const stored = registry.find(group, storedAs.version, plural);
      expect(stored).toMatchObject({ kind });
      expect(stored?.storedAs).toBeUndefined();
    }
  });
});
