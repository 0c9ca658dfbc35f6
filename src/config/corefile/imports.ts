import type { Environment } from './environment.ts'
import { tokenize, type Source } from './lexer.ts'
import type { Line } from './line.ts'
import type { Problems } from './problem.ts'
import { quoted, type Token } from './token.ts'

/** What a Corefile depends on besides its own text. */
export interface Surroundings {
  readonly environment: Environment
  /**
   * The files that the argument of an import means, in the order of their names. A pattern with * may mean none. A sentence
   * when there is no such file or it cannot be read.
   *
   * @param from The name of the source that imports; relative paths start from its directory.
   */
  readonly files: (pattern: string, from: string) => readonly Source[] | string
}

/** Far above what anybody writes, and low enough for imports that import each other. */
const maxDepth = 10
const maxTokens = 100_000

/** Snippets and files by name. Everything that is read passes here, so that it ends. */
export class Imports {
  readonly #surroundings: Surroundings
  readonly #problems: Problems
  readonly #snippets = new Map<string, readonly Token[]>()
  #tokens = 0

  constructor(surroundings: Surroundings, problems: Problems) {
    this.#surroundings = surroundings
    this.#problems = problems
  }

  tokensOf(source: Source): readonly Token[] {
    return this.#counted(tokenize(source, this.#surroundings.environment, this.#problems))
  }

  define(name: Token, tokens: readonly Token[]): void {
    const word = name.text.slice(1, -1)
    if (this.#snippets.has(word)) this.#problems.add(name, `the snippet ${quoted(name)} is defined a second time`)
    else this.#snippets.set(word, tokens)
  }

  /** The words that an import line stands for. */
  resolve(line: Line, depth: number): readonly Token[] {
    const [target, extra] = line.words
    if (target === undefined || target.text === '' || extra !== undefined || line.block !== undefined) {
      this.#problems.add(
        extra ?? line.name,
        `import: expected one file, pattern or snippet, got ${quoted(extra ?? target)}`,
      )
      return []
    }
    if (depth >= maxDepth) {
      this.#problems.add(
        target,
        `import: ${maxDepth} imports stand inside each other; does ${quoted(target)} import itself?`,
      )
      return []
    }
    const snippet = this.#snippets.get(target.text)
    return snippet === undefined ? this.#fileTokens(target) : this.#counted(snippet)
  }

  #fileTokens(target: Token): readonly Token[] {
    const sources = this.#surroundings.files(target.text, target.file)
    if (typeof sources === 'string') {
      this.#problems.add(target, `import: ${sources}`)
      return []
    }
    return sources.flatMap((source) => this.tokensOf(source))
  }

  #counted(tokens: readonly Token[]): readonly Token[] {
    const [first] = tokens
    this.#tokens += tokens.length
    if (this.#tokens <= maxTokens || first === undefined) return tokens
    this.#problems.add(first, `with all imports there are more than ${maxTokens} words`)
    return []
  }
}
