// Where clients are pinned: each to one server, for as long as clients are sent there; then to the one with the fewest. A server
// that is new gets some, too.
import type { ClusterUnderTest } from '../cluster-under-test.ts';
import type { PlainClient } from '../http.ts';
import type { RecordedClient } from '../workloads/recorded-client.ts';

export interface SeatingOptions {
  readonly cluster: Pick<ClusterUnderTest, 'serving'>;
  readonly connect: (server: string) => PlainClient;
  readonly record: (plain: PlainClient, via: string) => RecordedClient;
}

export class Seating {
  readonly #options: SeatingOptions;
  readonly #taken = new Map<string, number>();

  constructor(options: SeatingOptions) {
    this.#options = options;
  }

  /** Answers the way to the client, which is asked before each operation: between two of them it may move. */
  take(): () => RecordedClient {
    let server = this.#emptiest(this.#options.cluster.serving());
    let { plain, client } = this.#sit(server);
    return () => {
      const serving = this.#options.cluster.serving();
      const better = this.#emptiest(serving);
      const stays = serving.includes(server) && this.#count(better) + 1 >= this.#count(server);
      if (stays) return client;
      plain.close();
      this.#taken.set(server, this.#count(server) - 1);
      server = better;
      ({ plain, client } = this.#sit(server));
      return client;
    };
  }

  #sit(server: string): { readonly plain: PlainClient; readonly client: RecordedClient } {
    this.#taken.set(server, this.#count(server) + 1);
    const plain = this.#options.connect(server);
    return { plain, client: this.#options.record(plain, server) };
  }

  #count(server: string): number {
    return this.#taken.get(server) ?? 0;
  }

  #emptiest(serving: readonly string[]): string {
    return serving.reduce((best, server) => (this.#count(server) < this.#count(best) ? server : best));
  }
}
