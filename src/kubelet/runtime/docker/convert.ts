// What the port says, in Docker's words, and back. Pure.
import type { ContainerCreateOptions, ContainerInspectInfo, HostConfig } from 'dockerode';
import type { ContainerRecord, ContainerSpec, SandboxSpec, SandboxState } from '../port.ts';
import { ATTEMPT_LABEL, CONTAINER_LABEL, containerName, labelsOf, noteLabels, notesOf, type Owner } from './labels.ts';

/** As the kubelet's own rotation: five files of 10 MiB. */
const LOG_CONFIG = { Type: 'json-file', Config: { 'max-size': '10m', 'max-file': '5' } };
const SANDBOX_CPU_SHARES = 2;
/** Docker refuses less memory than this. */
const MEMORY_FLOOR_BYTES = 6 * 1024 * 1024;
const CPU_PERIOD_US = 100_000;
/** What the kernel allows at least. */
const CPU_QUOTA_FLOOR_US = 1_000;
/** The sandbox dies last when memory is short. */
export const SANDBOX_OOM_SCORE = -998;
/** Exit code of a container that could not be started, as other runtimes report it. */
export const START_ERROR_EXIT_CODE = 128;

/** `oomFloor`: no container is protected from the kernel's memory killer more than this. */
export function sandboxOptions(
  owner: Owner,
  spec: SandboxSpec,
  image: string,
  oomFloor: number,
): ContainerCreateOptions {
  const ports = spec.hostNetwork ? [] : spec.hostPorts;
  const bindings: Record<string, { HostIp: string; HostPort: string }[]> = {};
  for (const port of ports) {
    const key = `${port.containerPort}/${port.protocol}`;
    bindings[key] = [...(bindings[key] ?? []), { HostIp: port.hostIp, HostPort: String(port.hostPort) }];
  }
  const hostConfig: HostConfig = {
    NetworkMode: spec.hostNetwork ? 'host' : 'bridge',
    IpcMode: spec.hostIpc ? 'host' : 'shareable',
    PortBindings: bindings,
    CpuShares: SANDBOX_CPU_SHARES,
    OomScoreAdj: Math.max(SANDBOX_OOM_SCORE, oomFloor),
    LogConfig: LOG_CONFIG,
    Dns: [...spec.dns.servers],
    DnsSearch: [...spec.dns.searches],
    DnsOptions: [...spec.dns.options],
    ExtraHosts: spec.hostNetwork
      ? []
      : spec.hostAliases.flatMap(({ ip, hostnames }) => hostnames.map((hostname) => `${hostname}:${ip}`)),
    Sysctls: { ...spec.sysctls },
    SecurityOpt: ['no-new-privileges'],
    ReadonlyRootfs: true,
  };
  return {
    name: containerName('POD', spec.pod, spec.attempt),
    Image: image,
    Entrypoint: ['/pause'],
    // With a domain, /etc/hosts says `<address> <hostname>.<domain> <hostname>`.
    ...(spec.hostNetwork ? {} : { Hostname: spec.hostname, Domainname: spec.domain }),
    ExposedPorts: Object.fromEntries(Object.keys(bindings).map((key) => [key, {}])),
    Labels: labelsOf(owner, 'sandbox', spec.pod, spec.attempt),
    HostConfig: hostConfig,
  };
}

export function containerOptions(
  owner: Owner,
  sandboxId: string,
  spec: ContainerSpec,
  oomFloor: number,
): ContainerCreateOptions {
  const { security, resources } = spec;
  const pidMode = { own: '', pod: `container:${sandboxId}`, host: 'host' }[spec.sharePids];
  const hostConfig: HostConfig = {
    NetworkMode: `container:${sandboxId}`,
    IpcMode: `container:${sandboxId}`,
    PidMode: pidMode,
    Binds: spec.mounts.map((mount) => `${mount.hostPath}:${mount.containerPath}:${mount.readOnly ? 'ro' : 'rw'}`),
    CpuShares: resources.cpuShares,
    OomScoreAdj: Math.max(resources.oomScoreAdjust, oomFloor),
    LogConfig: LOG_CONFIG,
    Privileged: security.privileged,
    ReadonlyRootfs: security.readOnlyRootFilesystem,
    CapAdd: [...security.capabilitiesAdd],
    CapDrop: [...security.capabilitiesDrop],
    GroupAdd: [...security.supplementalGroups],
    SecurityOpt: [
      ...(security.noNewPrivileges ? ['no-new-privileges'] : []),
      ...(security.seccompUnconfined ? ['seccomp=unconfined'] : []),
    ],
    ...cpuAndMemory(resources),
  };
  return {
    name: containerName(spec.name, spec.pod, spec.attempt),
    Image: spec.image,
    ...(spec.command.length > 0 ? { Entrypoint: [...spec.command] } : {}),
    // A given command without arguments takes none from the image either.
    ...(spec.args.length > 0 || spec.command.length > 0 ? { Cmd: [...spec.args] } : {}),
    ...(spec.workingDir === undefined ? {} : { WorkingDir: spec.workingDir }),
    ...(security.user === undefined ? {} : { User: security.user }),
    Env: spec.env.map(({ name, value }) => `${name}=${value}`),
    OpenStdin: spec.stdin,
    Tty: spec.tty,
    Labels: {
      ...labelsOf(owner, 'container', spec.pod, spec.attempt),
      [CONTAINER_LABEL]: spec.name,
      ...noteLabels(spec.notes),
    },
    HostConfig: hostConfig,
  };
}

function cpuAndMemory(resources: ContainerSpec['resources']): HostConfig {
  const limits: HostConfig = {};
  if (resources.cpuLimitMilli > 0) {
    limits.CpuPeriod = CPU_PERIOD_US;
    limits.CpuQuota = Math.max(CPU_QUOTA_FLOOR_US, Math.round((resources.cpuLimitMilli * CPU_PERIOD_US) / 1_000));
  }
  if (resources.memoryLimitBytes > 0) {
    limits.Memory = Math.max(MEMORY_FLOOR_BYTES, resources.memoryLimitBytes);
    limits.MemorySwap = limits.Memory; // no swap, as Kubernetes
  }
  return limits;
}

export function sandboxState(inspected: ContainerInspectInfo): SandboxState {
  const ready = inspected.State.Running;
  const networks = Object.values(inspected.NetworkSettings.Networks ?? {});
  const ip = networks.map((network) => network.IPAddress).find((address) => address !== '');
  return {
    id: inspected.Id,
    attempt: attemptOf(inspected),
    ready,
    ip: ready ? ip : undefined,
    createdAtMs: timeOf(inspected.Created),
  };
}

export function containerRecord(inspected: ContainerInspectInfo): ContainerRecord {
  const { State: state } = inspected;
  const labels = inspected.Config.Labels;
  const error = (state as { Error?: string }).Error ?? '';
  const neverStarted = state.Status === 'created' && error !== '';
  const running = state.Running || state.Status === 'paused' || state.Status === 'restarting';
  // Exited, dead, or being removed, which Docker takes its time for: none of them runs again under its name.
  const exited = neverStarted || (!running && state.Status !== 'created');
  const startedAtMs = timeOf(state.StartedAt);
  // Docker may note the end of a short run before its start.
  const finishedAtMs = Math.max(timeOf(state.FinishedAt), neverStarted ? timeOf(inspected.Created) : startedAtMs);
  return {
    id: inspected.Id,
    name: labels[CONTAINER_LABEL] ?? '',
    attempt: attemptOf(inspected),
    state: running ? 'running' : exited ? 'exited' : 'created',
    createdAtMs: timeOf(inspected.Created),
    startedAtMs,
    finishedAtMs: running || !exited ? 0 : finishedAtMs,
    exitCode: neverStarted ? START_ERROR_EXIT_CODE : state.ExitCode,
    oomKilled: state.OOMKilled,
    error,
    image: inspected.Config.Image,
    imageId: inspected.Image,
    notes: notesOf(labels),
  };
}

function attemptOf(inspected: ContainerInspectInfo): number {
  return Number(inspected.Config.Labels[ATTEMPT_LABEL] ?? '0');
}

/** Docker's zero time is the year 1. */
function timeOf(text: string): number {
  const time = Date.parse(text);
  return Number.isNaN(time) || time < 0 ? 0 : time;
}
