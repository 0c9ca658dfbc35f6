/** What the comment of a rule says of a ServicePort. */
export interface ServiceComment {
  /** `shop/cart:http`, or `shop/cart` when the port has no name. */
  readonly portName: string
  /** The comment with `*` for the name, an endpoint or a chain at its end left out: `* cluster IP`, `* ->`. */
  readonly sentence: string
}

/** Undefined where no word of the comment has the form of such a name. */
export function parseServiceComment(comment: string): ServiceComment | undefined {
  const words = comment.split(' ')
  const at = words.findIndex((word) => /^[-a-z0-9]+\/[-a-z0-9]+(:[-a-z0-9]+)?$/.test(word))
  const portName = words[at]
  if (portName === undefined) return undefined
  const last = words.at(-1) ?? ''
  const named = words.at(-2) === '->' || last.startsWith('KUBE-FW-')
  return {
    portName,
    sentence: words
      .with(at, '*')
      .slice(0, named ? -1 : undefined)
      .join(' '),
  }
}

/** `shop/cart` of `shop/cart:http`. */
export function serviceOf(portName: string): string {
  return portName.split(':', 1)[0] ?? ''
}

/** `http` of `shop/cart:http`; absent when the port has no name. */
export function portLabel(portName: string): string | undefined {
  return portName.split(':')[1]
}
