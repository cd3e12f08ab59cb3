// What a controller is given, and what it gives back: control loops, each with a queue of keys.
import type { ApiClient, ControllerSpec, EventRecorder, ObjectKey, WorkQueue } from '../client/index.ts';
import type { Clock, Logger, Prng } from '../lib/index.ts';
import type { Caches } from './caches.ts';
import type { AllCaches } from './shared/all-caches.ts';
import type { Catalog } from './shared/catalog.ts';

/** What all controllers share for as long as this process leads. */
export interface ControllerContext {
  /** Fenced: its writes are refused once another process leads. */
  readonly client: ApiClient;
  readonly caches: Caches;
  /** Caches of whatever is served: those of the process, and others that begin when somebody asks for them. */
  readonly allCaches: AllCaches;
  /** What the servers serve, kept up to date. */
  readonly catalog: Catalog;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly random: Prng;
  /** The recorder of a component (`deployment-controller` …). */
  recorder(component: string): EventRecorder;
  newQueue(): WorkQueue<ObjectKey>;
  /** Aborts when this process stops leading. */
  readonly signal: AbortSignal;
  readonly settings: ControllerSettings;
}

export interface ControllerSettings {
  /** The cluster's CA certificate (PEM) for the ConfigMap kube-root-ca.crt; undefined (plain HTTP): it is not published. */
  readonly rootCa: string | undefined;
}

/** A control loop with its queue. */
export interface Loop extends ControllerSpec {
  readonly queue: WorkQueue<ObjectKey>;
}

/** Subscribes to caches and answers the loops to run. Called once per leadership. */
export type StartController = (context: ControllerContext) => readonly Loop[];
