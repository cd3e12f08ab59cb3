// A priority level at work: its queues and seats, what it wanted lately, and when those it refuses should come again.
import { smoothedDemand } from './borrowing.ts';
import type { Demand } from './demand.ts';
import type { LevelPlan } from './plan.ts';
import { QueueSet, type Turn } from './queue-set.ts';
import { RefusalPace } from './refusal-pace.ts';
import { RetryAfter } from './retry-after.ts';
import type { Seat } from './seat.ts';

/** How far demand over the last period was from what the level has. */
export interface LevelLook {
  readonly demand: Demand;
  readonly smoothed: number;
}

export class Level {
  readonly queueSet: QueueSet<Seat>;
  readonly retryAfter = new RetryAfter();
  readonly refusalPace = new RefusalPace();
  #plan: LevelPlan;
  #look: LevelLook = { demand: { average: 0, deviation: 0, highest: 0 }, smoothed: 0 };

  constructor(plan: LevelPlan, nowMs: number) {
    this.#plan = plan;
    this.queueSet = new QueueSet(plan.rule, startingLimit(plan), nowMs);
  }

  get plan(): LevelPlan {
    return this.#plan;
  }
  get look(): LevelLook {
    return this.#look;
  }

  /** Another configuration of the same level. Returns who begins to execute by that. */
  follow(plan: LevelPlan, nowMs: number): readonly Turn<Seat>[] {
    const { nominal, least, most } = this.#plan;
    const same = plan.nominal === nominal && plan.least === least && plan.most === most;
    this.#plan = plan;
    return this.queueSet.configure(plan.rule, same ? this.queueSet.limit : startingLimit(plan), nowMs);
  }

  /** Takes what was wanted since the last time. */
  takeLook(nowMs: number): LevelLook {
    const demand = this.queueSet.takeDemand(nowMs);
    this.#look = { demand, smoothed: smoothedDemand(this.#look.smoothed, demand) };
    return this.#look;
  }

  setLimit(limit: number, nowMs: number): readonly Turn<Seat>[] {
    return this.queueSet.configure(this.#plan.rule, limit, nowMs);
  }
}

/** Half of what may be lent is taken to be lent, until demand is known. */
function startingLimit({ nominal, least }: LevelPlan): number {
  return nominal - Math.floor((nominal - least) / 2);
}
