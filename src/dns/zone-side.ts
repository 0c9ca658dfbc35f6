/** One side of a comparison of zones, as the lines of their files. Nothing is read before somebody asks. */
export class ZoneSide {
  readonly #lines: readonly string[]
  /** `.svc.cluster.local.` */
  readonly #end: string
  #names: ReadonlySet<string> | undefined
  #services: ReadonlySet<string> | undefined

  /** @param apex The cluster domain, absolute: `cluster.local.`. */
  constructor(lines: readonly string[], apex: string) {
    this.#lines = lines
    this.#end = `.svc.${apex}`
  }

  hasName(name: string): boolean {
    this.#names ??= new Set(this.#lines.map((line) => splitRecord(line).owner))
    return this.#names.has(name)
  }

  hasService(service: string): boolean {
    this.#services ??= new Set(this.#lines.flatMap((line) => this.serviceOf(line) ?? []))
    return this.#services.has(service)
  }

  /** `shop/cart`, whose records all lie at or below `cart.shop.svc.<apex>`; undefined for a record of no service. */
  serviceOf(line: string): string | undefined {
    const name = subjectOf(line)
    if (!name.endsWith(this.#end)) return undefined
    const [service, namespace] = this.shortName(name).split('.').slice(-2)
    return namespace === undefined ? undefined : `${namespace}/${service}`
  }

  /** `cart.shop` of `cart.shop.svc.cluster.local.`; names of no service without the dot at their end. */
  shortName(name: string): string {
    return name.endsWith(this.#end) ? name.slice(0, -this.#end.length) : name.replace(/\.$/, '')
  }
}

/** The name that a record is about: of a PTR its target, the name that the address stands for. */
export function subjectOf(line: string): string {
  const { owner, type, data } = splitRecord(line)
  return type === 'PTR' ? data : owner
}

/** Takes a line of our zone file apart, e.g. `9.1.244.10.in-addr.arpa. 5 IN PTR cart.shop.svc.cluster.local.`. */
function splitRecord(line: string): { readonly owner: string; readonly type: string; readonly data: string } {
  const [owner = '', , , type = '', ...data] = line.split(' ')
  return { owner, type, data: data.join(' ') }
}
