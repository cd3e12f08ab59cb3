// Every area, so that its behaviours are known.
import './api-machinery-discovery.ts';
import './api-machinery-lists.ts';
import './api-machinery-watches.ts';
import './cli.ts';
import './configuration.ts';
import './events.ts';
import './garbage.ts';
import './identities.ts';
import './lives.ts';
import './namespaces.ts';
import './pods.ts';
import './quota.ts';
import './scheduling.ts';
import './services.ts';
import './storage.ts';
import './workloads.ts';
