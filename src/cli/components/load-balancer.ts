// `quorate load-balancer`: the one address in front of the servers, as a process of its own, so that it outlives
// a killed supervisor.
import { type BalancerConfig, createLoadBalancer } from '../../../cluster/index.ts';
import { aborted, type Environment } from '../environment.ts';
import { readText } from './config-file.ts';

export async function runLoadBalancer(config: BalancerConfig, environment: Environment): Promise<void> {
  const { clock, logger, signal } = environment;
  const balancer = createLoadBalancer({
    listen: config.listen,
    servers: config.servers,
    caPem: readText(config.caFile),
    clock,
    logger,
  });
  await balancer.start();
  logger.info({ listen: config.listen, servers: config.servers }, 'balancing');
  await aborted(signal);
  await balancer.stop();
}
