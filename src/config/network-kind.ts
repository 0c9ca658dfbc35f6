import { parseAddress, type Address } from '../net/address.ts'
import { parseCidr, type Cidr } from '../net/cidr.ts'
import { Field } from '../model/field.ts'
import { subdomainOf } from '../model/name.ts'
import { parseAddressPort, type AddressPort } from './address-port.ts'
import { listOf, text, type Kind } from './kind.ts'

/** The name of a Node; blanks around it and upper case do not count, as for kube-proxy. */
export const nodeName: Kind<string> = {
  read: (field) => subdomainOf(new Field(field.text()?.trim().toLowerCase(), field.path)),
  fromText: (value) => value,
}

export const address: Kind<Address> = {
  read(field) {
    const value = field.text()
    if (value === undefined || value === '') return undefined
    const read = parseAddress(value)
    if (read === undefined) throw field.error('an IP address')
    return read
  },
  fromText: (value) => value,
}

/** What Linux allows (IFNAMSIZ is 16 with its end), without what would end a word of a rule. */
export const interfaceName = text(/^[\w.@:-]{1,15}$/, 'an interface name of at most 15 characters')

export const cidr: Kind<Cidr> = {
  read(field) {
    const value = field.text()
    if (value === undefined) return undefined
    const read = parseCidr(value.trim())
    if (read === undefined) throw field.error('a CIDR, such as 10.244.0.0/16')
    return read
  },
  fromText: (value) => value,
}

/** One network of pods, or one of each family joined by a comma. */
export const podNetworks: Kind<readonly Cidr[]> = {
  read(field) {
    const value = field.text()
    if (value === undefined || value === '') return undefined
    const networks = value.split(',').flatMap((part) => parseCidr(part.trim()) ?? [])
    const families = new Set(networks.map(({ family }) => family))
    if (networks.length !== value.split(',').length || families.size !== networks.length) {
      throw field.error('a CIDR, or one of each family joined by a comma, such as 10.244.0.0/16,2001:db8::/48')
    }
    if (networks.some(({ prefix }) => prefix === 0)) {
      throw field.error('networks that tell pods from others: one that holds every address does not')
    }
    return networks
  },
  fromText: (value) => value,
}

const cidrs = listOf(cidr)

/** Networks, or the one word `primary`. */
export const nodePortNetworks: Kind<readonly Cidr[] | 'primary'> = {
  read(field) {
    const items = field.items()
    if (items.length === 1 && items[0]?.value === 'primary') return 'primary'
    const primary = items.find(({ value }) => value === 'primary')
    if (primary !== undefined) throw primary.error('a CIDR: primary stands alone')
    return cidrs.read(field)
  },
  fromText: cidrs.fromText,
}

/** No file can hold it. */
const off = Symbol('off')

/** An address and a port; an address alone gets the default port. A flag that is empty says `off`, a field nothing. */
export function bindAddress(defaultPort: number): Kind<AddressPort | 'off'> {
  return {
    read(field) {
      const { value } = field
      if (value === off) return 'off'
      const read = field.text()
      if (read === undefined || read === '') return undefined
      const parsed = parseAddressPort(read, defaultPort)
      if (parsed === undefined || parsed.port === 0) {
        throw field.error(`ADDRESS:PORT, such as 127.0.0.1:${defaultPort} or [::1]:${defaultPort}`)
      }
      return parsed
    },
    fromText: (value) => (value === '' ? off : value),
  }
}
