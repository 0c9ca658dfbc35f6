import { setTimeout as delay } from 'node:timers/promises'
import type { Corefile } from '../config/corefile/corefile.ts'
import type { Log } from '../host/log.ts'
import type { ApiServer } from '../kube/api-server.ts'
import { Reflector, type Change } from '../kube/reflector.ts'
import type { Resource } from '../kube/resource.ts'
import { objectName, type ModelObject } from '../model/object.ts'
import type { ServiceCidr } from '../model/service-cidr.ts'
import { parseAddress } from '../net/address.ts'
import { cidrContains } from '../net/cidr.ts'
import type { ClusterChanges, ClusterSource } from './cluster-source.ts'
import { WatchTrouble } from './watch-trouble.ts'
import { watchedResources } from './watched-resources.ts'

export interface ApiSourceOptions {
  readonly server: ApiServer
  /** Where that is, e.g. `https://192.0.2.1:6443`; absent where it has been warned of already. */
  readonly url?: string
  readonly nodeName: string
  /** What names are answered by at the start; absent where none are. */
  readonly corefile?: Corefile
  /** Everything is listed anew so often, so that what a watch lost is found, e.g. the end of an object. */
  readonly relistMs: number
}

/** Sentences about objects that cannot be read are kept up to this number until somebody reads them. */
const maxErrors = 100

/** How long a Corefile waits for objects that it is the first to need; CoreDNS's figure. */
const needMs = 5000

/** Bookmarks come every minute, and a watch that says nothing is asked for anew after two and a half. */
const staleMs = 300_000

interface Followed {
  readonly resource: Resource
  readonly reflector: Reflector
  readonly running: Promise<void>
  relist: NodeJS.Timeout | undefined
}

/** The cluster's state as the API server has it, followed from the first list on. */
export class ApiSource implements ClusterSource {
  readonly nodesMayLack = false
  readonly #options: ApiSourceOptions
  readonly #log: Log
  readonly #trouble: WatchTrouble
  /** By path and selectors. */
  readonly #followed = new Map<string, Followed>()
  /** The keys of those whose first list is not complete yet, and whether rules wait for it. */
  readonly #unsynced = new Map<string, boolean>()
  /** That of everything followed. */
  #complete = Promise.withResolvers<void>()
  /** That of all that rules wait for, and then for ever. */
  readonly #rulesKnown = Promise.withResolvers<void>()
  /** The last word on each object since the last reading. */
  #pending = new Map<string, { readonly kind: 'put' | 'removed'; readonly object: ModelObject }>()
  #errors: string[] = []
  #changedAt: number | undefined
  #onChange: (() => void) | undefined
  #announced = false

  constructor(options: ApiSourceOptions, log: Log) {
    this.#options = options
    this.#log = log
    this.#trouble = new WatchTrouble(log)
    this.#follow(options.corefile)
  }

  async read(): Promise<ClusterChanges> {
    await this.#rulesKnown.promise
    this.#announced = false
    const changes = [...this.#pending.values()]
    const errors = this.#errors
    const changedAt = this.#changedAt
    this.#pending = new Map()
    this.#errors = []
    this.#changedAt = undefined
    return {
      put: changes.filter(({ kind }) => kind === 'put').map(({ object }) => object),
      removed: changes.filter(({ kind }) => kind === 'removed').map(({ object }) => object),
      errors,
      ...(changedAt !== undefined && { changedAt }),
    }
  }

  follow(onChange: () => void): void {
    this.#onChange = onChange
    if (this.#pending.size > 0 || this.#errors.length > 0) this.#announce()
  }

  /** Follows from now on what a Corefile needs besides; what one before it needed is followed still. */
  async need(corefile: Corefile): Promise<void> {
    this.#follow(corefile)
    if (this.#unsynced.size > 0) await Promise.race([this.#complete.promise, delay(needMs, undefined, { ref: false })])
  }

  get namesKnown(): boolean {
    return this.#unsynced.size === 0
  }

  /** Undefined while the API server is heard of. */
  problem(): string | undefined {
    const silent = [...this.#followed.values()].filter(({ reflector }) => reflector.silence > staleMs)
    if (silent.length === 0) return undefined
    const paths = silent.map(({ resource }) => resource.path).sort()
    const seconds = Math.round(Math.max(...silent.map(({ reflector }) => reflector.silence)) / 1000)
    return `the API server has said nothing of ${paths.join(', ')} for ${seconds} s`
  }

  async close(): Promise<void> {
    this.#complete.resolve()
    this.#rulesKnown.resolve()
    this.#onChange = undefined
    for (const { reflector, relist } of this.#followed.values()) {
      clearTimeout(relist)
      reflector.stop()
    }
    await Promise.all([...this.#followed.values()].map(({ running }) => running))
    await this.#options.server.close()
  }

  #follow(corefile: Corefile | undefined): void {
    const { rules, names } = watchedResources(this.#options.nodeName, corefile)
    for (const resource of [...rules, ...names]) {
      const key = JSON.stringify(resource)
      if (this.#followed.has(key)) continue
      if (this.#unsynced.size === 0) this.#complete = Promise.withResolvers()
      this.#unsynced.set(key, rules.includes(resource))
      this.#followed.set(key, this.#start(key, resource))
    }
  }

  #start(key: string, resource: Resource): Followed {
    const { path } = resource
    const reflector = new Reflector(this.#options.server, resource, {
      onChange: (change) => {
        if (change.kind === 'synced') this.#synced(key)
        else this.#take(change)
      },
      onTrouble: (message, reason) => this.#trouble.failed(path, { message, reason }, performance.now()),
      onForbidden: (message) => this.#log.warn(message),
      onRecovered: () => this.#trouble.recovered(path, performance.now()),
    })
    const followed: Followed = { resource, reflector, running: reflector.run(), relist: undefined }
    this.#relistLater(followed)
    return followed
  }

  #synced(key: string): void {
    if (!this.#unsynced.delete(key)) return
    if (![...this.#unsynced.values()].includes(true)) this.#rulesKnown.resolve()
    if (this.#unsynced.size > 0) return
    this.#complete.resolve()
    this.#announce()
  }

  /** Not all nodes, and not all resources, at once. */
  #relistLater(followed: Followed): void {
    followed.relist = setTimeout(
      () => {
        followed.reflector.relist()
        this.#relistLater(followed)
      },
      this.#options.relistMs * (0.75 + Math.random() / 2),
    )
  }

  #take(change: Exclude<Change, { kind: 'synced' }>): void {
    if (change.kind === 'unreadable') {
      if (this.#errors.length < maxErrors) this.#errors.push(change.message)
    } else {
      this.#pending.set(objectName(change.object), change)
      if (change.kind === 'put' && change.object.kind === 'ServiceCIDR') this.#checkServer(change.object)
    }
    this.#changedAt ??= performance.now()
    this.#announce()
  }

  /** Once for what comes together. */
  #announce(): void {
    if (this.#announced || this.#onChange === undefined) return
    this.#announced = true
    setImmediate(() => this.#onChange?.())
  }

  /** Behind a cluster IP the API server could not be reached whenever this node's rules are gone. */
  #checkServer({ name, cidrs }: ServiceCidr): void {
    if (this.#options.url === undefined) return
    const { hostname } = new URL(this.#options.url)
    const address = parseAddress(hostname.replaceAll(/[[\]]/g, ''))
    if (address === undefined || !cidrs.some((cidr) => cidrContains(cidr, address))) return
    this.#log.warn(
      `The API server is reached at ${hostname}, an address of ServiceCIDR ${name}, so only while this node has rules for it: give its own address, with --master or in KUBERNETES_SERVICE_HOST`,
    )
  }
}
