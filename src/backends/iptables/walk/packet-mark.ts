import type { RuleOption } from '../rule-options.ts'

/** A mark and the bits of it that count, both unsigned 32-bit numbers. */
interface MaskedMark {
  readonly value: number
  readonly mask: number
}

/** `0x4000/0x4000`, or `0x4000` with all bits counting; undefined when it is no mark. */
export function parseMark(text: string): MaskedMark | undefined {
  const [value = Number.NaN, mask = 0xffffffff, ...rest] = text.split('/').map(Number)
  const valid = [value, mask].every((bits) => Number.isInteger(bits) && bits >= 0 && bits <= 0xffffffff)
  return valid && rest.length === 0 ? { value, mask } : undefined
}

/**
 * The mark after the MARK target with this option; undefined when the option is none of MARK. The kernel knows only
 * `--set-xmark`: clear the bits of the mask, then flip those of the value. Source: iptables-extensions(8).
 */
export function changedMark(mark: number, { name, value: text }: RuleOption): number | undefined {
  const given = parseMark(text)
  if (given === undefined) return undefined
  const { value, mask } = given
  switch (name) {
    case '--set-xmark':
      return setXmark(mark, value, mask)
    case '--set-mark':
      return setXmark(mark, value, mask | value)
    case '--or-mark':
      return setXmark(mark, value, value)
    case '--and-mark':
      return setXmark(mark, 0, ~value)
    case '--xor-mark':
      return setXmark(mark, value, 0)
    default:
      return undefined
  }
}

function setXmark(mark: number, value: number, mask: number): number {
  return ((mark & ~mask) ^ value) >>> 0
}
