import type { Corefile } from '../config/corefile/corefile.ts'
import type { DnsListen } from '../config/listen-plan.ts'
import type { MetricSnapshot } from '../plugins/prometheus/metric.ts'
import type { HostsText } from './hosts-files.ts'

/** Everything that queries are answered by, besides the cluster. */
export interface DnsSetup {
  /** Its `bind` names addresses alone. */
  readonly corefile: Corefile
  readonly listen: readonly DnsListen[]
  /** The hosts files of the Corefile, by path. */
  readonly hosts: ReadonlyMap<string, HostsText>
}

/** Whatever has the DNS sockets. */
export interface DnsServing {
  /**
   * From one query to the next answers by this, and listens here and nowhere else: new sockets are open before old ones
   * go, and those whose address stays are kept. Returns the port of each. Rejects with a sentence when one cannot be
   * listened on, and then nothing has changed.
   */
  update(setup: DnsSetup): Promise<readonly number[]>
  /** Resolves when the sockets that went with an update are closed; until then they answer what has come to them. */
  settled(): Promise<void>
  /** A hosts file says something else. */
  hostsChanged(path: string, text: HostsText): void
  /** What each thread has counted. */
  collect(): Promise<readonly (readonly MetricSnapshot[])[]>
  close(): Promise<void>
}
