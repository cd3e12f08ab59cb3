// Device classes, resource claims, their templates and resource slices: what is stored, what is refused, what kubectl prints.
import { describe, expect, test } from 'vitest';
import type { DeviceClass, ResourceClaim, ResourceClaimTemplate, ResourceSlice } from '../../src/api/index.ts';
import { cellsOf, statusUpdated } from './cluster-support.ts';
import { created, failure, resource, updated } from './support.ts';

const GROUP = 'resource.k8s.io';
const CLASSES = resource(GROUP, 'deviceclasses');
const CLAIMS = resource(GROUP, 'resourceclaims');
const TEMPLATES = resource(GROUP, 'resourceclaimtemplates');
const SLICES = resource(GROUP, 'resourceslices');

const gpu = { name: 'gpu', exactly: { deviceClassName: 'gpu.example.com' } };
const claim = (...requests: object[]): object => ({ metadata: { name: 'c' }, spec: { devices: { requests } } });
const withDevices = (devices: object): object => ({ metadata: { name: 'c' }, spec: { devices } });

describe('resource claims', () => {
  test('ask for one device of a class unless they say more, and wait for it', () => {
    const either = {
      name: 'any',
      firstAvailable: [{ name: 'big', deviceClassName: 'big', tolerations: [{ key: 'a' }] }],
    };
    const stored = created<ResourceClaim>(CLAIMS, { ...claim(gpu, either), status: { reservedFor: [] } });
    expect(stored.spec.devices?.requests).toEqual([
      { name: 'gpu', exactly: { deviceClassName: 'gpu.example.com', allocationMode: 'ExactCount', count: 1 } },
      {
        name: 'any',
        firstAvailable: [
          {
            name: 'big',
            deviceClassName: 'big',
            allocationMode: 'ExactCount',
            count: 1,
            tolerations: [{ key: 'a', operator: 'Equal' }],
          },
        ],
      },
    ]);
    expect(stored.status).toEqual({});
    expect(cellsOf(CLAIMS, stored)).toMatchObject({ State: 'pending' });
  });

  test('ask for nothing else later', () => {
    const stored = created<ResourceClaim>(CLAIMS, claim(gpu));
    const change = (): unknown =>
      updated(CLAIMS, stored, (next) => {
        next.spec = {};
      });
    expect(failure(change)).toContain('spec: Invalid value: {}: field is immutable');
  });

  test.each<[string, object, string]>([
    ['no class', claim({ name: 'a', exactly: {} }), 'spec.devices.requests[0].exactly.deviceClassName: Required value'],
    [
      'neither form',
      claim({ name: 'a' }),
      'spec.devices.requests[0]: Required value: exactly one of `exactly` or `firstAvailable` is required',
    ],
    [
      'both forms',
      claim({ ...gpu, firstAvailable: [{ name: 'b', deviceClassName: 'c' }] }),
      'is required, but multiple fields are set',
    ],
    ['a name twice', claim(gpu, gpu), 'spec.devices.requests[1]: Duplicate value: "gpu"'],
    ['a bad name', claim({ ...gpu, name: 'A' }), 'spec.devices.requests[0].name: Invalid value: "A"'],
    [
      'fewer than none',
      claim({ name: 'a', exactly: { deviceClassName: 'c', count: -1 } }),
      'exactly.count: Invalid value: -1: must be greater than zero',
    ],
    [
      'some of all',
      claim({ name: 'a', exactly: { deviceClassName: 'c', allocationMode: 'All', count: 2 } }),
      "must not be specified when allocationMode is 'All'",
    ],
    [
      'an unknown mode',
      claim({ name: 'a', exactly: { deviceClassName: 'c', allocationMode: 'Few' } }),
      'Unsupported value: "Few": supported values: "All", "ExactCount"',
    ],
    [
      'too many requests',
      claim(...Array.from({ length: 33 }, (_, index) => ({ ...gpu, name: `r${index}` }))),
      'spec.devices.requests: Too many: 33: must have at most 32 items',
    ],
    [
      'a selector of nothing',
      claim({ name: 'a', exactly: { deviceClassName: 'c', selectors: [{}] } }),
      'selectors[0].cel: Required value',
    ],
    [
      'a toleration of a value and of all',
      claim({ name: 'a', exactly: { deviceClassName: 'c', tolerations: [{ operator: 'Exists', value: 'x' }] } }),
      'must be empty for operator `Exists`',
    ],
    [
      'a constraint on nothing',
      withDevices({ requests: [gpu], constraints: [{ requests: ['gpu'] }] }),
      'spec.devices.constraints[0]: Required value',
    ],
    [
      'a constraint on a stranger',
      withDevices({ requests: [gpu], constraints: [{ requests: ['cpu'], matchAttribute: 'a.com/b' }] }),
      'constraints[0].requests[0]: Invalid value: "cpu": must be the name of a request in the claim',
    ],
    [
      'an attribute without domain',
      withDevices({ requests: [gpu], constraints: [{ matchAttribute: 'model' }] }),
      'a fully qualified name must be a domain and a name separated by a slash',
    ],
    [
      'settings for nobody',
      withDevices({ requests: [gpu], config: [{}] }),
      'spec.devices.config[0].opaque: Required value',
    ],
    [
      'settings that are no object',
      withDevices({ requests: [gpu], config: [{ opaque: { driver: 'd.com', parameters: 7 } }] }),
      'parameters: Invalid value: "<value omitted>": must be a valid JSON object',
    ],
  ])('with %s are refused', (_, body, message) => {
    expect(failure(() => created(CLAIMS, body))).toContain(message);
  });

  const result = { request: 'gpu', driver: 'd.example.com', pool: 'node-1', device: 'gpu-0' };
  const allocation = { devices: { results: [result] } };
  const consumer = { resource: 'pods', name: 'p', uid: 'u' };
  const set = (claim: ResourceClaim, status: object): ResourceClaim =>
    statusUpdated(CLAIMS, claim, (next) => {
      next.status = status;
    });

  test('are allocated once and reserved for who uses them', () => {
    const allocated = set(created<ResourceClaim>(CLAIMS, claim(gpu)), { allocation });
    expect(cellsOf(CLAIMS, allocated)).toMatchObject({ State: 'allocated' });
    const device = { driver: result.driver, pool: result.pool, device: result.device };
    const reserved = set(allocated, { allocation, reservedFor: [consumer], devices: [device] });
    expect(cellsOf(CLAIMS, reserved)).toMatchObject({ State: 'allocated,reserved' });
    const other = { devices: { results: [{ ...result, device: 'gpu-1' }] } };
    expect(failure(() => set(reserved, { allocation: other }))).toMatch(
      /status\.allocation: Invalid value: .*: field is immutable/,
    );
    expect(failure(() => set(allocated, { allocation, devices: [{ ...device, device: 'gpu-9' }] }))).toContain(
      'must be an allocated device in the claim',
    );
    reserved.metadata = { ...reserved.metadata, deletionTimestamp: '2026-01-02T00:00:00Z' };
    expect(failure(() => set(reserved, { allocation, reservedFor: [consumer, { ...consumer, uid: 'v' }] }))).toContain(
      'new entries may not be added',
    );
    expect(set(reserved, { allocation }).status?.reservedFor).toBeUndefined();
  });

  test.each<[object, string]>([
    [{ reservedFor: [consumer] }, 'status.reservedFor: Forbidden: may not be specified when `allocated` is not set'],
    [{ allocation, reservedFor: [consumer, consumer] }, 'status.reservedFor[1]: Duplicate value: "u"'],
    [{ allocation, reservedFor: [{ resource: 'pods' }] }, 'status.reservedFor[0].name: Required value'],
    [
      { allocation: { devices: { results: [{ ...result, request: 'cpu' }] } } },
      'results[0].request: Invalid value: "cpu"',
    ],
    [{ allocation: { devices: { results: [{ ...result, pool: 'A' }] } } }, 'results[0].pool: Invalid value: "A"'],
    [
      { allocation: { nodeSelector: { nodeSelectorTerms: [] } } },
      'status.allocation.nodeSelector.nodeSelectorTerms: Required value',
    ],
    [
      { allocation: { devices: { config: [{ source: 'X', opaque: { driver: 'd.com', parameters: {} } }] } } },
      'config[0].source: Unsupported value: "X"',
    ],
  ])('with the status %j are refused', (status, message) => {
    expect(failure(() => set(created<ResourceClaim>(CLAIMS, claim(gpu)), status))).toContain(message);
  });
});

describe('templates of resource claims', () => {
  test('have the defaults of claims and never change', () => {
    const stored = created<ResourceClaimTemplate>(TEMPLATES, {
      metadata: { name: 't' },
      spec: { metadata: { labels: { a: 'b' } }, spec: { devices: { requests: [gpu] } } },
    });
    expect(stored.spec.spec.devices?.requests?.[0]?.exactly).toMatchObject({ allocationMode: 'ExactCount', count: 1 });
    const change = (): unknown =>
      updated(TEMPLATES, stored, (next) => {
        next.spec = { spec: {} };
      });
    expect(failure(change)).toContain('spec: Invalid value: {"spec":{}}: field is immutable');
  });

  test('keep the rules of claims, one level deeper', () => {
    const body = { metadata: { name: 't' }, spec: { spec: { devices: { requests: [{ name: 'a' }] } } } };
    expect(failure(() => created(TEMPLATES, body))).toContain('spec.spec.devices.requests[0]: Required value');
    expect(
      failure(() =>
        created(TEMPLATES, { metadata: { name: 't' }, spec: { metadata: { labels: { 'a b': '' } }, spec: {} } }),
      ),
    ).toContain('spec.metadata.labels: Invalid value: "a b"');
  });
});

describe('device classes', () => {
  test('may select everything, and have a generation', () => {
    expect(created<DeviceClass>(CLASSES, { metadata: { name: 'c' } })).toMatchObject({
      metadata: { generation: 1 },
      spec: {},
    });
  });

  test.each<[object, string]>([
    [{ selectors: [{ cel: { expression: '' } }] }, 'spec.selectors[0].cel.expression: Required value'],
    [{ selectors: [{ cel: { expression: 'x'.repeat(10 * 1024 + 1) } }] }, 'spec.selectors[0].cel.expression: Too long'],
    [{ config: [{ opaque: { driver: '', parameters: {} } }] }, 'spec.config[0].opaque.driver: Required value'],
    [
      { extendedResourceName: 'cpu' },
      'spec.extendedResourceName: Invalid value: "cpu": must be a valid extended resource name',
    ],
    [{ extendedResourceName: 'kubernetes.io/x' }, 'must be a valid extended resource name'],
  ])('with %o are refused', (spec, message) => {
    expect(failure(() => created(CLASSES, { metadata: { name: 'c' }, spec }))).toContain(message);
  });
});

describe('resource slices', () => {
  const pool = { name: 'node-1', generation: 1, resourceSliceCount: 1 };
  const slice = (spec: object): object => ({
    metadata: { name: 's' },
    spec: { driver: 'd.example.com', pool, nodeName: 'node-1', ...spec },
  });
  const devices = (...list: object[]): object => slice({ devices: list });

  test('hold quantities in their canonical form, and when a taint came', () => {
    const stored = created<ResourceSlice>(
      SLICES,
      devices({
        name: 'gpu-0',
        attributes: { model: { string: 'x' }, 'd.example.com/cores': { int: 8 } },
        capacity: { memory: { value: '2048Mi' } },
        taints: [{ key: 'broken', effect: 'NoSchedule' }],
      }),
    );
    expect(stored.spec.devices?.[0]).toMatchObject({
      capacity: { memory: { value: '2Gi' } },
      taints: [{ key: 'broken', effect: 'NoSchedule', timeAdded: '2026-01-02T03:04:05Z' }],
    });
    expect(cellsOf(SLICES, stored)).toMatchObject({ Node: 'node-1', Driver: 'd.example.com', Pool: 'node-1' });
    expect(SLICES.strategy.selectableFields?.(stored)).toEqual({
      'spec.driver': 'd.example.com',
      'spec.nodeName': 'node-1',
    });
    const moved = (): unknown =>
      updated(SLICES, stored, (next) => {
        next.spec = { ...next.spec, nodeName: 'node-2' };
      });
    expect(failure(moved)).toContain('spec.nodeName: Invalid value: "node-2": field is immutable');
    const next = updated(SLICES, stored, (object) => {
      object.spec = { ...object.spec, pool: { ...pool, generation: 2 } };
    });
    expect(next.metadata?.generation).toBe(2);
  });

  test.each<[string, object, string]>([
    ['no driver', slice({ driver: '' }), 'spec.driver: Required value'],
    [
      'no slices in the pool',
      slice({ pool: { ...pool, resourceSliceCount: 0 } }),
      'spec.pool.resourceSliceCount: Invalid value: 0: must be greater than zero',
    ],
    [
      'no place',
      slice({ nodeName: undefined }),
      'spec: Required value: exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required',
    ],
    ['two places', slice({ allNodes: true }), 'Invalid value: "{`nodeName`, `allNodes`}": exactly one of'],
    [
      'everywhere not',
      slice({ nodeName: undefined, allNodes: false }),
      'spec.allNodes: Invalid value: false: must be either unset or set to true',
    ],
    ['a device twice', devices({ name: 'a' }, { name: 'a' }), 'spec.devices[1]: Duplicate value: "a"'],
    [
      'an attribute of nothing',
      devices({ name: 'a', attributes: { x: {} } }),
      'spec.devices[0].attributes[x]: Invalid value: "": exactly one value must be specified',
    ],
    [
      'an attribute of two values',
      devices({ name: 'a', attributes: { x: { int: 1, bool: true } } }),
      'exactly one value must be specified',
    ],
    [
      'a version that is none',
      devices({ name: 'a', attributes: { x: { version: '1.2' } } }),
      'must be a string compatible with semver.org spec 2.0.0',
    ],
    [
      'an attribute with a bad name',
      devices({ name: 'a', attributes: { '1x': { int: 1 } } }),
      'a valid C identifier must start with alphabetic character',
    ],
    [
      'a place where none belongs',
      devices({ name: 'a', allNodes: true }),
      'can only be set if `perDeviceNodeSelection` is set to true',
    ],
    [
      'a policy for what is not shared',
      devices({ name: 'a', capacity: { m: { value: '1', requestPolicy: { default: '1' } } } }),
      'capacity[m].requestPolicy: Forbidden: allowMultipleAllocations must be true',
    ],
    [
      'counters and devices',
      slice({ devices: [{ name: 'a' }], sharedCounters: [{ name: 's', counters: { c: { value: '1' } } }] }),
      'only one of `sharedCounters` or `devices` is allowed',
    ],
    [
      'an unknown taint',
      devices({ name: 'a', taints: [{ key: 'k', effect: 'Dim' }] }),
      'taints[0].effect: Unsupported value: "Dim"',
    ],
    [
      'devices that each have no place',
      slice({ nodeName: undefined, perDeviceNodeSelection: true, devices: [{ name: 'a' }] }),
      'spec.devices[0]: Required value: exactly one of `nodeName`, `nodeSelector`, or `allNodes` is required',
    ],
  ])('with %s are refused', (_, body, message) => {
    expect(failure(() => created(SLICES, body))).toContain(message);
  });
});
