import type { AddressPort } from '../config/address-port.ts'
import type { Corefile } from '../config/corefile/corefile.ts'
import { listenFlagConflict, listenPlan, type DnsListen, type InterfaceAddress } from '../config/listen-plan.ts'
import { errorText } from '../host/error-text.ts'
import type { Log } from '../host/log.ts'
import { joinHostPort, type Address } from '../net/address.ts'
import type { DnsServing, DnsSetup } from './dns-serving.ts'
import type { HostsText } from './hosts-files.ts'

const dnsPort = 53

/**
 * Where DNS is answered, as Corefiles and addresses come and go. An address that cannot be listened on fails the whole
 * only if it was asked for by name, or if there is no other: of all addresses of a machine, one may be another program's.
 */
export class DnsListeners {
  readonly #serving: DnsServing
  readonly #addresses: () => readonly InterfaceAddress[]
  readonly #flags: readonly AddressPort[] | undefined
  readonly #log: Log
  /** As it stands in the file; that of the setup has addresses in place of interfaces. */
  #corefile: Corefile = { blocks: [] }
  #setup: DnsSetup = { corefile: this.#corefile, listen: [], hosts: new Map() }
  /** The node's own DNS addresses that are answered, and all that are answered only when they are told here. */
  #nodeLocal: readonly Address[] = []
  readonly #reserved = new Set<Address>()
  /** What has been logged, so that it is logged once. */
  #warned: ReadonlySet<string> = new Set()
  #announced: ReadonlySet<string> = new Set()

  constructor(
    serving: DnsServing,
    addresses: () => readonly InterfaceAddress[],
    flags: readonly AddressPort[] | undefined,
    log: Log,
  ) {
    this.#serving = serving
    this.#addresses = addresses
    this.#flags = flags
    this.#log = log
  }

  /** By what and where DNS is answered now. */
  get setup(): DnsSetup {
    return this.#setup
  }

  /** Answers by this Corefile where it says; throws a sentence when that cannot be, and then nothing has changed. */
  async setUp(corefile: Corefile, hosts: ReadonlyMap<string, HostsText>): Promise<void> {
    const conflict = this.#flags && listenFlagConflict(corefile)
    if (conflict !== undefined) throw new Error(conflict)
    const { missing, ...plan } = this.#plan(corefile)
    const setup = { ...plan, hosts }
    const problems = missing.map(noInterface)
    if (!(await this.#update(setup).catch(noneIfOptional(setup.listen)))) {
      const open = this.#open()
      const kept = setup.listen.filter((one) => one.named || open.has(placeOf(one)))
      if (kept.length > 0) await this.#update({ ...setup, listen: kept })
      problems.push(...(await this.#openEach(setup)).values())
    }
    this.#corefile = corefile
    this.#report(problems)
  }

  /** Listens on the addresses there are now. What cannot be is logged, and tried again at the next call. */
  async followAddresses(): Promise<void> {
    try {
      const { missing, problems } = await this.#follow()
      this.#report([...missing.map(noInterface), ...problems.values()])
    } catch (error) {
      this.#report([errorText(error)])
    }
  }

  /** Says which addresses are answered only when `setNodeLocal` tells so, whatever else would have them answered. */
  reserve(addresses: readonly Address[]): void {
    for (const address of addresses) this.#reserved.add(address)
  }

  /** Answers these of the node's own DNS addresses, and no others; returns a sentence for each that cannot be. */
  async setNodeLocal(addresses: readonly Address[]): Promise<ReadonlyMap<Address, string>> {
    this.reserve(addresses)
    this.#nodeLocal = addresses
    const { problems } = await this.#follow()
    await this.#serving.settled()
    const open = this.#open()
    const silent = addresses
      .map((host) => ({ host, place: joinHostPort(host, dnsPort) }))
      .filter(({ place }) => !open.has(place))
    return new Map(
      silent.map(({ host, place }) => [
        host,
        problems.get(place) ??
          `Cannot answer DNS on ${host}: no server block of the Corefile is served there on port ${dnsPort}`,
      ]),
    )
  }

  hostsChanged(path: string, text: HostsText): void {
    this.#setup = { ...this.#setup, hosts: new Map([...this.#setup.hosts, [path, text]]) }
    this.#serving.hostsChanged(path, text)
  }

  #plan(corefile: Corefile): ReturnType<typeof listenPlan> {
    const ours = this.#nodeLocal.map((host) => ({ host, port: dnsPort }))
    const plan = listenPlan(corefile, this.#addresses(), this.#flags && [...this.#flags, ...ours])
    const isOpen = ({ host }: DnsListen): boolean => !this.#reserved.has(host) || this.#nodeLocal.includes(host)
    return { ...plan, listen: plan.listen.filter(isOpen) }
  }

  /** Returns why some addresses are not answered, by their places. */
  async #follow(): Promise<{ readonly missing: readonly string[]; readonly problems: ReadonlyMap<string, string> }> {
    const { missing, ...plan } = this.#plan(this.#corefile)
    const setup = { ...plan, hosts: this.#setup.hosts }
    const open = this.#open()
    const kept = setup.listen.filter((one) => open.has(placeOf(one)))
    if (kept.length < open.size) await this.#update({ ...setup, listen: kept })
    return { missing, problems: await this.#openEach(setup) }
  }

  /** Adds what is not open yet, one by one. Returns why some are not, by their places; throws when none is. */
  async #openEach({ listen, ...setup }: DnsSetup): Promise<ReadonlyMap<string, string>> {
    const problems = new Map<string, string>()
    for (const one of listen) {
      if (this.#open().has(placeOf(one))) continue
      const now = listen.filter((other) => other === one || this.#open().has(placeOf(other)))
      await this.#update({ ...setup, listen: now }).catch((error: unknown) => {
        problems.set(placeOf(one), errorText(error))
      })
    }
    const [problem] = problems.values()
    if (listen.length > 0 && problems.size === listen.length) throw new Error(problem)
    return problems
  }

  async #update(setup: DnsSetup): Promise<true> {
    const ports = await this.#serving.update(setup)
    this.#setup = setup
    this.#announce(setup, ports)
    return true
  }

  #open(): ReadonlySet<string> {
    return new Set(this.#setup.listen.map(placeOf))
  }

  #announce({ listen }: DnsSetup, ports: readonly number[]): void {
    const places = listen.flatMap(({ host, blocks, port }, i) =>
      blocks.flatMap(({ zones }) => zones.map((zone) => ({ zone: `dns://${zone}:${ports[i] ?? port}`, host }))),
    )
    const zones = Map.groupBy(places, ({ zone }) => zone)
    const lines = [...zones].map(([zone, on]) => ({ zone, addresses: on.map(({ host }) => host) }))
    for (const line of lines) if (!this.#announced.has(JSON.stringify(line))) this.#log.info(line, 'answering DNS')
    this.#announced = new Set(lines.map((line) => JSON.stringify(line)))
  }

  #report(problems: readonly string[]): void {
    for (const problem of problems) if (!this.#warned.has(problem)) this.#log.warn(problem)
    this.#warned = new Set(problems)
  }
}

/** What is tried one by one after a failure; where every address was asked for, the failure is final. */
function noneIfOptional(listen: readonly DnsListen[]): (error: unknown) => false {
  return (error) => {
    if (listen.every(({ named }) => named)) throw error
    return false
  }
}

function placeOf({ host, port }: DnsListen): string {
  return joinHostPort(host, port)
}

function noInterface(name: string): string {
  return `bind ${name}: this node has no interface of that name with an address; DNS is answered there once it has`
}
