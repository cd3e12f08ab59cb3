// The processes of a local cluster: which there are, what each is told, and how one is started.
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { balancerConfig, type PeerRoute, type PodNetwork, serverConfig, workerConfig } from './component-configs.ts';
import type { ComponentConfig, ServerTuning } from './config.ts';
import { BALANCER } from './data-directory.ts';
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

export function runMember(member: Member, means: MemberMeans): void {
  const { layout, supervisor } = means;
  writeConfig(layout, member);
  const [command, ...args] = means.command;
  supervisor.run({
    name: member.name,
    command,
    args: [...args, member.component, '--config', layout.configFile(member.name)],
    environment: means.environmentOf?.(member.name) ?? {},
    logFile: layout.logFile(member.name),
    processFile: layout.processFile(member.name),
  });
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
