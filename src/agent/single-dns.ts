import type { AddressPort } from '../config/address-port.ts'
import { listenDns } from '../host/dns-listener.ts'
import type { AnswerDns, DnsListener } from '../host/dns-service.ts'
import { joinHostPort } from '../net/address.ts'
import type { DnsServing, DnsSetup } from './dns-serving.ts'

/**
 * DNS sockets in this thread.
 *
 * @param answersOf What answers by a setup.
 */
export function singleDns(answersOf: (setup: DnsSetup) => AnswerDns, log: (message: string) => void): DnsServing {
  let answer = silence
  let open: ReadonlyMap<string, DnsListener> = new Map()
  return {
    async update(setup) {
      const added = await openAll(
        setup.listen.filter((one) => !open.has(placeOf(one))),
        (query, transport) => answer(query, transport),
        log,
      )
      answer = answersOf(setup)
      const before = open
      open = new Map(setup.listen.flatMap((one) => entryOf(placeOf(one), before, added)))
      await Promise.all([...before].filter(([key]) => !open.has(key)).map(([, listener]) => listener.close()))
      return [...open.values()].map(({ port }) => port)
    },
    hostsChanged: () => undefined,
    collect: async () => [],
    async close() {
      await Promise.all([...open.values()].map((listener) => listener.close()))
    },
  }
}

const silence: AnswerDns = () => undefined

/** Opens all of them, or none. */
async function openAll(
  addresses: readonly AddressPort[],
  answer: AnswerDns,
  log: (message: string) => void,
): Promise<ReadonlyMap<string, DnsListener>> {
  const opened = new Map<string, DnsListener>()
  try {
    for (const address of addresses) opened.set(placeOf(address), await listenDns(address, answer, log))
    return opened
  } catch (error) {
    await Promise.all([...opened.values()].map((listener) => listener.close()))
    throw error
  }
}

function entryOf(
  key: string,
  ...maps: readonly ReadonlyMap<string, DnsListener>[]
): readonly (readonly [string, DnsListener])[] {
  const listener = maps.flatMap((map) => map.get(key) ?? [])[0]
  return listener ? [[key, listener]] : []
}

function placeOf({ host, port }: AddressPort): string {
  return joinHostPort(host, port)
}
