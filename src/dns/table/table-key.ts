import { nameBytes } from '../name.ts'

/** No name begins with it: there it would be the length of a label, at most 63. */
const valueMark = 0xff

/** The key of a name: its wire form. */
export function nameKey(name: string): Uint8Array {
  const key = nameBytes(name)
  // Names are checked where records are made; a broken one is a defect of ours.
  if (key === undefined) throw new SyntaxError(`Cannot keep records of "${name}": it is not a DNS name`)
  return key
}

/** The key of something that is no name, such as `pod 10.244.1.7`: at most 254 characters of ASCII, without capitals. */
export function valueKey(text: string): Uint8Array {
  if (!/^[ -@[-~]{1,254}$/.test(text)) {
    throw new SyntaxError(
      `Cannot keep "${text}" in the DNS table: expected 1 to 254 characters of ASCII, none of A to Z`,
    )
  }
  const key = new Uint8Array(text.length + 1)
  key[0] = valueMark
  for (let i = 0; i < text.length; i++) key[i + 1] = text.charCodeAt(i)
  return key
}

/** Whether the key that begins with this octet is that of a name. */
export function isNameKey(octet: number | undefined): boolean {
  return octet !== valueMark
}
