// A name is text: absolute, with every octet that is not a plain host name character as \DDD (RFC 4343 section 2.1). So a dot
// inside a label is \046 and never looks like the end of one, and the lower-cased text is a safe key.

/** How each octet is written, e.g. 97 as `a`, 46 as `\046`. */
export const octetSpellings: readonly string[] = Array.from({ length: 256 }, (_, octet) => {
  const character = String.fromCodePoint(octet)
  return /[-\w*]/.test(character) ? character : `\\${String(octet).padStart(3, '0')}`
})

/**
 * The name in uncompressed wire form that starts at `start`, in the spelling of the message, and the offset behind it.
 * Undefined for a compression pointer, which has nothing to point to in a question, and for a name that is cut or too long.
 */
export function readName(
  message: Uint8Array,
  start: number,
): { readonly name: string; readonly end: number } | undefined {
  const end = endOfName(message, start)
  return end === undefined ? undefined : { name: nameAt(message, start), end }
}

/** The offset behind the name that starts at `start`; undefined as for `readName`. */
export function endOfName(message: Uint8Array, start: number): number | undefined {
  for (let at = start; ;) {
    const length = message[at]
    if (length === undefined || length > 63) return undefined
    at += 1 + length
    // RFC 1035 section 2.3.4: 255 octets with all length octets.
    if (at - start > 255) return undefined
    if (length === 0) return at
    if (at > message.length) return undefined
  }
}

/** The name that starts at `start`, where there is known to be one. */
export function nameAt(message: Uint8Array, start: number): string {
  let name = ''
  for (let at = start; ;) {
    const end = at + 1 + (message[at] ?? 0)
    if (end === at + 1) return name === '' ? '.' : name
    for (at++; at < end; at++) name += octetSpellings[message[at] ?? 0]
    name += '.'
  }
}

/** The wire form of a name; undefined when a label is empty, not ASCII or over 63 octets, or the whole over 255. */
export function nameBytes(text: string): Uint8Array | undefined {
  return text.endsWith('.') ? (plainNameBytes(text) ?? anyNameBytes(text)) : anyNameBytes(text)
}

/** As `nameBytes`, but only for an absolute name without escapes: most names are of this kind, and this is ten times as fast. */
function plainNameBytes(text: string): Uint8Array | undefined {
  const octets = new Uint8Array(text.length + 1)
  let label = 0
  for (let i = 0; i < text.length; i++) {
    const octet = text.charCodeAt(i)
    if (octet === 46) {
      if (i === label || i - label > 63) return undefined
      octets[label] = i - label
      label = i + 1
    } else if (octet > 32 && octet < 127 && octet !== 92) octets[i + 1] = octet
    else return undefined
  }
  return octets.length > 255 ? undefined : octets
}

function anyNameBytes(text: string): Uint8Array | undefined {
  const octets = [0]
  if (text === '.') return Uint8Array.from(octets)
  let label = 0
  for (const [token] of (text.endsWith('.') ? text : `${text}.`).matchAll(/\\\d{3}|\\\D|[^]/g)) {
    if (token === '.') {
      const length = octets.length - label - 1
      if (length === 0 || length > 63) return undefined
      octets[label] = length
      label = octets.push(0) - 1
      continue
    }
    const octet = octetOf(token)
    if (octet === undefined) return undefined
    octets.push(octet)
  }
  return octets.length > 255 || label === 0 ? undefined : Uint8Array.from(octets)
}

/** A name as a person typed it (`Front.web`, `a\.b.`) in our spelling, absolute, its case kept; undefined when it is none. */
export function spelledName(text: string): string | undefined {
  const bytes = nameBytes(text)
  return bytes && readName(bytes, 0)?.name
}

/** Whether a name made of plain labels fits into 255 octets and each label into 63. */
export function isName(name: string): boolean {
  return name.length < 64 || (name.length <= 254 && !/[^.]{64}/.test(name))
}

/** Whether a name is the apex or lies below it. */
export function isWithin(name: string, apex: string): boolean {
  if (apex === '.') return true
  return name.endsWith(apex) && (name.length === apex.length || name[name.length - apex.length - 1] === '.')
}

/** The name without its first label: `web.svc.` of `front.web.svc.`, the root of a single label. */
export function parentName(name: string): string {
  return name.slice(name.indexOf('.') + 1) || '.'
}

function octetOf(token: string): number | undefined {
  const escaped = token.length === 4 ? Number(token.slice(1)) : (token.codePointAt(token.length - 1) ?? 0)
  if (token === '\\' || escaped > 255) return undefined
  return token.length === 4 || (escaped > 32 && escaped < 127) ? escaped : undefined
}
