// Every area, so that its behaviours are known.
import './api-machinery-lists.ts';
