/** Exchanges at one time, each of which holds a socket; more than a node that works ever has. */
export const maxExchanges = 4096

/** Exchanges at one time for one question, however its clients vary their flags and options. */
export const maxVariants = 16

/**
 * What is under way, so that whoever asks the same meanwhile waits for the same answer. Besides saving work, this keeps
 * anybody from opening many exchanges for one name, of which a forged answer need only meet one (CVE-2023-30464).
 */
export class SharedExchanges<Result> {
  readonly #questions = new Map<string, Map<string, Promise<Result>>>()
  #count = 0

  /** The exchange for this question and variant: the one under way or, if there is room, a new one. */
  join(question: string, variant: string, start: () => Promise<Result>): Promise<Result> | undefined {
    const variants = this.#questions.get(question) ?? new Map<string, Promise<Result>>()
    const known = variants.get(variant)
    if (known) return known
    if (variants.size >= maxVariants || this.#count >= maxExchanges) return undefined
    const exchange = start().finally(() => {
      this.#count--
      variants.delete(variant)
      if (variants.size === 0) this.#questions.delete(question)
    })
    this.#count++
    variants.set(variant, exchange)
    this.#questions.set(question, variants)
    return exchange
  }
}
