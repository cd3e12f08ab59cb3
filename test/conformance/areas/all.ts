// Every area, so that its behaviours are known.
import './api-machinery-discovery.ts';
import './api-machinery-lists.ts';
import './api-machinery-watches.ts';
import './garbage.ts';
import './lives.ts';
import './namespaces.ts';
