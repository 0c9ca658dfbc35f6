import type { ReverseRecord } from './service-records.ts'

/** What a zone must know of a service to take it away again. */
export interface ServiceNames {
  readonly namespace: string
  readonly owners: readonly string[]
  readonly reverse: readonly ReverseRecord[]
}

/** The names of a service in one string. Names end alike, so an endpoint with its reverse name takes some 35 octets. */
export function packNames({ namespace, owners, reverse }: ServiceNames): string {
  const targets = reverse.map(({ target, clusterIp }) => (clusterIp ? `!${target}` : target))
  return packTexts([namespace, ...owners, '', ...reverse.map(({ owner }) => owner), '', ...targets])
}

export function unpackNames(packed: string): ServiceNames {
  const [namespace = '', ...names] = unpackTexts(packed)
  const borders = [names.indexOf(''), names.lastIndexOf('')] as const
  const targets = names.slice(borders[1] + 1)
  const reverse = names.slice(borders[0] + 1, borders[1]).map((owner, i) => {
    const target = targets[i] ?? ''
    return { owner, target: target.replace('!', ''), clusterIp: target.startsWith('!') }
  })
  return { namespace, owners: names.slice(0, borders[0]), reverse }
}

/** For each text a character that says how much of its end is that of the text before, the rest, and a line feed. */
function packTexts(texts: readonly string[]): string {
  let before = ''
  return texts
    .map((text) => {
      const shared = sharedEnd(text, before)
      before = text
      return `${String.fromCharCode(shared)}${text.slice(0, text.length - shared)}\n`
    })
    .join('')
}

function unpackTexts(packed: string): readonly string[] {
  const texts: string[] = []
  let before = ''
  for (let at = 0; at < packed.length;) {
    const end = packed.indexOf('\n', at + 1)
    const shared = packed.charCodeAt(at)
    before = packed.slice(at + 1, end) + before.slice(before.length - shared)
    texts.push(before)
    at = end + 1
  }
  return texts
}

/** At most 255 characters, so that strings take one octet a character. */
function sharedEnd(text: string, other: string): number {
  const most = Math.min(text.length, other.length, 255)
  let shared = 0
  while (shared < most && text[text.length - 1 - shared] === other[other.length - 1 - shared]) shared++
  return shared
}
