// The Deployment that the apply rows apply.
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { deploymentTemplate } from '../../bench/rows/deployment.ts';
import { created, DEPLOYMENTS } from '../api/support.ts';

describe('the Deployment of the apply rows', () => {
  const object = JSON.parse(deploymentTemplate().replaceAll('@NAME@', 'applied-1').replaceAll('@SEQ@', '7')) as object;

  it('is about 200 lines of YAML', () => {
    const lines = stringify(object).trimEnd().split('\n').length;
    expect(lines).toBeGreaterThan(185);
    expect(lines).toBeLessThan(215);
  });

  it('is one that a server takes, wants no pods, and differs by its sequence alone', () => {
    expect(created(DEPLOYMENTS, object)).toMatchObject({ spec: { replicas: 0, paused: true } });
    expect(deploymentTemplate().split('@SEQ@')).toHaveLength(2);
  });
});
