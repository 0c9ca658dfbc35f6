/** One option of a rule and its values: `! -s 10.0.0.0/8` is `{ negated: true, name: '-s', value: '10.0.0.0/8' }`. */
export interface RuleOption {
  readonly negated: boolean
  readonly name: string
  readonly value: string
}

/**
 * Takes a rule specification apart, quotes resolved as iptables-restore resolves them. Of several blanks one counts:
 * iptables-save prints two before the name of a counter.
 */
export function ruleOptions(spec: string): readonly RuleOption[] {
  const words = wordsOf(spec)
  const options: RuleOption[] = []
  let negated = false
  for (let i = 0; i < words.length; i++) {
    const name = words[i] ?? ''
    if (name === '!') {
      negated = true
      continue
    }
    const values: string[] = []
    while (i + 1 < words.length && (takesAnything(name) ? values.length === 0 : isValue(words[i + 1]))) {
      values.push(words[++i] ?? '')
    }
    options.push({ negated, name, value: values.join(' ') })
    negated = false
  }
  return options
}

/** The chain or target that a rule leads to; empty when it only counts. */
export function ruleTarget(spec: string): string {
  return ruleOptions(spec).find(({ name }) => name === '-j' || name === '-g')?.value ?? ''
}

function wordsOf(spec: string): readonly string[] {
  if (!spec.includes('"')) return spec.split(' ').filter((word) => word !== '')
  const words = spec.match(/"(?:[^"\\]|\\.)*"|[^\s"]+/g) ?? []
  return words.map((word) => (word.startsWith('"') ? word.slice(1, -1).replaceAll(/\\(.)/g, '$1') : word))
}

/** A comment may look like an option or a negation. */
function takesAnything(name: string): boolean {
  return name === '--comment'
}

function isValue(word: string | undefined): boolean {
  return word !== undefined && word !== '!' && !word.startsWith('-')
}
