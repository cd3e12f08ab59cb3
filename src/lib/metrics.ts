// Metrics in the Prometheus form. Each process has one registry of its own, handed down: no global state.
import { Counter, Gauge, Histogram, Registry } from 'prom-client';

export { Counter, Gauge, Histogram, Registry };

/** An empty registry whose metrics all carry the label `component`. */
export function createRegistry(component: string): Registry {
  const registry = new Registry();
  registry.setDefaultLabels({ component });
  return registry;
}
