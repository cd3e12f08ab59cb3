// The process of a launcher: small, and nothing but this. It ends with its parent, whatever still runs.
import { serveLauncher } from './serve.ts';

serveLauncher(() => process.exit(0));
