// `quorate load-balancer`: the one address in front of the servers, as a process of its own, so that it outlives
// a killed supervisor.
import { createLoadBalancer } from '../../../cluster/index.ts';
import { aborted, type Environment } from '../environment.ts';
import { followConfig, readConfig, readText } from './config-file.ts';

export async function runLoadBalancer(configFile: string, environment: Environment): Promise<void> {
  const { clock, logger, signal } = environment;
  const config = readConfig(configFile, 'balancer');
  const balancer = createLoadBalancer({
    listen: config.listen,
    servers: config.servers,
    caPem: readText(config.caFile),
    clock,
    logger,
  });
  await balancer.start();
  logger.info({ listen: config.listen, servers: config.servers }, 'balancing');
  followConfig(configFile, 'balancer', environment, ({ servers }) => {
    logger.info({ servers }, 'the servers have changed');
    balancer.serve(servers);
  });
  await aborted(signal);
  await balancer.stop();
}
