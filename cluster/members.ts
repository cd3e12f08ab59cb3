// The processes of a local cluster: which there are, what each is told, and how one is started.
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { balancerConfig, type PeerRoute, type PodNetwork, serverConfig, workerConfig } from './component-configs.ts';
import type { ComponentConfig, ServerTuning } from './config.ts';
import { BALANCER } from './data-directory.ts';
import type { ProcessSpec } from './launch.ts';
import type { Layout } from './layout.ts';
import { replaceFile } from './replace-file.ts';
import type { Supervisor } from './supervisor.ts';
import type { Topology } from './topology.ts';

export interface Member {
  readonly name: string;
  /** The component's command word. */
  readonly component: string;
  readonly config: ComponentConfig;
}

/** What members are made from, beside the topology. */
export interface MemberMeans {
  readonly layout: Layout;
  readonly network: PodNetwork;
  readonly route: PeerRoute;
  /** The command that runs a component: its arguments follow, such as `server --config FILE`. */
  readonly command: readonly [string, ...string[]];
  readonly tuning: ServerTuning | undefined;
  readonly environmentOf: ((member: string) => Readonly<Record<string, string>>) | undefined;
  readonly supervisor: Supervisor;
}

/** What it takes to start a process. */
export type ServerMeans = Pick<MemberMeans, 'layout' | 'command' | 'environmentOf' | 'supervisor'>;

export function membersOf(topology: Topology, { layout, network, route, tuning }: MemberMeans): readonly Member[] {
  return [
    ...topology.servers.map((server) => ({
      name: server.id,
      component: 'server',
      config: serverConfig(layout, topology, server, network, route, tuning),
    })),
    { name: BALANCER, component: 'load-balancer', config: balancerConfig(layout, topology, network) },
    ...topology.workers.map((worker) => ({
      name: worker.name,
      component: 'kubelet',
      config: workerConfig(layout, topology, worker, network),
    })),
  ];
}

/** Starts all, or none: when one cannot be started, those before it end again. */
export async function runMembers(members: readonly Member[], means: MemberMeans): Promise<void> {
  try {
    for (const member of members) runMember(member, means);
  } catch (error) {
    await means.supervisor.stop();
    throw error;
  }
}

/** Writes what a member is told, and starts it unless that was done ahead. */
export function runMember(member: Member, means: MemberMeans): void {
  const { layout, supervisor } = means;
  writeConfig(layout, member);
  if (supervisor.list().some(({ name }) => name === member.name)) return;
  supervisor.run(specOf(member.name, [member.component], means));
}

/**
 * Starts the servers of a new cluster, which load their program and wait for their configurations. Keys and certificates, without
 * which there is none, take as long to make.
 */
export function runServersAhead({ servers }: Topology, means: ServerMeans): void {
  for (const { id } of servers) means.supervisor.run(specOf(id, ['server', '--await-config'], means));
}

function specOf(
  name: string,
  component: readonly [word: string, ...options: string[]],
  { layout, command: [command, ...args], environmentOf }: ServerMeans,
): ProcessSpec {
  return {
    name,
    command,
    args: [...args, ...component, '--config', layout.configFile(name)],
    environment: environmentOf?.(name) ?? {},
    logFile: layout.logFile(name),
    processFile: layout.processFile(name),
  };
}

/** Running components watch it. */
export function writeConfig(layout: Layout, { name, config }: Member): void {
  const file = layout.configFile(name);
  const text = `${JSON.stringify(config, null, 2)}\n`;
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  replaceFile(file, text);
}

/** Workers end first, while servers still answer; the load balancer after them; servers last. */
export function stopOrder(topology: Topology): readonly (readonly string[])[] {
  return [topology.workers.map((worker) => worker.name), [BALANCER], topology.servers.map((server) => server.id)];
}
