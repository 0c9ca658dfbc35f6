import { setImmediate as turn, setTimeout as delay } from 'node:timers/promises'
import { errors } from 'undici'
import { Field } from '../model/field.ts'
import { endsList, refusal, statusMessage, versionOf } from './answer.ts'
import type { Answer, ApiServer } from './api-server.ts'
import { askPath, type Ask } from './ask.ts'
import { connectionSentence } from './connection-sentence.ts'
import { KnownObjects, type ObjectChange } from './known-objects.ts'
import { linesOf, textOf } from './lines.ts'
import { longestPage, longestStatus, parsePage } from './page.ts'
import type { Resource } from './resource.ts'
import { WatchState, type Ending } from './watch-state.ts'

/** `synced` follows the last change of every complete list: from then on the objects are what the server had. */
export type Change = ObjectChange | { readonly kind: 'synced' }

export interface ReflectorOptions {
  readonly onChange: (change: Change) => void
  /** A sentence for the log, each time, and the reason in it; the reflector goes on by itself. */
  readonly onTrouble: (message: string, reason: string) => void
  /** A sentence, once: an optional resource that may not be listed counts as empty. */
  readonly onForbidden?: (message: string) => void
  /** The server answers again. */
  readonly onRecovered?: () => void
  /**
   * How long an answer may say nothing. Bookmarks come about every minute; undefined is two and a half minutes.
   */
  readonly silenceMilliseconds?: number
}

const eventTypes = ['ADDED', 'MODIFIED', 'DELETED', 'BOOKMARK', 'ERROR'] as const

/** etcd takes objects of 1.5 MB; as JSON they grow. */
const longestLine = 16 * 1024 * 1024

/** A large list must not keep everything else in this process waiting. */
const longestTurn = 10

/** Follows one resource of the API server until it is stopped: lists, watches, and lists again where it must. */
export class Reflector {
  readonly #server: ApiServer
  readonly #resource: Resource
  readonly #options: ReflectorOptions
  readonly #known: KnownObjects
  readonly #state = new WatchState()
  readonly #stopped = new AbortController()
  #request = new AbortController()
  #heardAt = performance.now()
  #inTrouble = false
  #forbidden = false

  constructor(server: ApiServer, resource: Resource, options: ReflectorOptions) {
    this.#server = server
    this.#resource = resource
    this.#options = options
    this.#known = new KnownObjects(resource)
  }

  /** Milliseconds since the server last said anything: a watch has a bookmark every minute or so. */
  get silence(): number {
    return performance.now() - this.#heardAt
  }

  /** Resolves once it is stopped. */
  async run(): Promise<void> {
    const stopped = this.#stopped.signal
    while (!stopped.aborted) {
      const ask = this.#state.next()
      const ending = await this.#converse(ask)
      if (stopped.aborted) return
      const wait = this.#state.ended(ending, Math.random())
      if (ending.kind === 'failed') this.#report(ending.message, wait)
      if (wait > 0) await delay(wait, undefined, { signal: stopped }).catch(() => undefined)
    }
  }

  /** Lists anew now: what a watch lost is found so. */
  relist(): void {
    this.#state.relist()
    this.#request.abort()
  }

  stop(): void {
    this.#stopped.abort()
    this.#request.abort()
  }

  /** One request, to the end of its answer. */
  async #converse(ask: Ask): Promise<Ending> {
    this.#request = new AbortController()
    const { signal } = this.#request
    // A list gets its turn when the server is done with others; it is a watch that bookmarks keep from being silent.
    const silence = this.#options.silenceMilliseconds ?? 150_000
    try {
      return await this.#read(ask, await this.#server.get(this.#path(ask), silence, signal))
    } catch (error) {
      if (signal.aborted) return { kind: 'interrupted' }
      if (ask.kind !== 'page' && error instanceof errors.BodyTimeoutError) return { kind: 'silent' }
      if (error instanceof Error) return { kind: 'failed', message: connectionSentence(error) }
      throw error
    }
  }

  /** Five to ten minutes a watch. */
  #path(ask: Ask): string {
    return askPath(this.#resource, ask, Math.round(300 * (1 + Math.random())))
  }

  async #read(ask: Ask, { status, body, retryAfterSeconds }: Answer): Promise<Ending> {
    if (status !== 200) {
      const message = statusMessage(await textOf(body, longestStatus))
      if (this.#resource.optional === true && (status === 403 || status === 404)) return this.#absent(status, message)
      return refusal(ask, { code: status, message, retryAfterSeconds })
    }
    this.#heard()
    if (ask.kind !== 'watch' && !(ask.kind === 'page' && ask.continueToken !== undefined)) this.#known.beginList()
    return ask.kind === 'page' ? this.#takePage(await textOf(body, longestPage)) : this.#takeEvents(ask, body)
  }

  #takePage(text: string): Ending {
    const { items, continueToken, resourceVersion } = parsePage(text)
    for (const item of items) this.#emit(this.#known.put(item))
    if (continueToken === undefined) this.#endList(resourceVersion)
    else this.#state.continued(continueToken)
    return { kind: 'closed' }
  }

  async #takeEvents(ask: Ask, body: Answer['body']): Promise<Ending> {
    let turnEnds = performance.now() + longestTurn
    for await (const line of linesOf(body, longestLine)) {
      this.#heard()
      if (performance.now() > turnEnds) {
        await turn()
        turnEnds = performance.now() + longestTurn
      }
      const ending = this.#takeEvent(ask, new Field(JSON.parse(line)))
      if (ending !== undefined) return ending
    }
    return { kind: 'closed' }
  }

  /** Undefined while the answer goes on. */
  #takeEvent(ask: Ask, event: Field): Ending | undefined {
    const object = event.get('object')
    switch (event.get('type').oneOf(eventTypes)) {
      case 'ADDED':
      case 'MODIFIED':
        this.#emit(this.#known.put(object))
        break
      case 'DELETED':
        this.#emit(this.#known.remove(object))
        break
      case 'BOOKMARK':
        if (ask.kind === 'stream' && endsList(object)) this.#endList(versionOf(object))
        break
      case 'ERROR':
        return refusal(ask, {
          code: object.get('code').integer(0, 999) ?? 0,
          message: object.get('message').text() ?? '',
        })
      case undefined:
        throw event.get('type').error(`one of ${eventTypes.join(', ')}`)
    }
    this.#state.advanced(versionOf(object))
    return undefined
  }

  #endList(resourceVersion: string): void {
    this.#emit(this.#known.endList())
    this.#state.synced(resourceVersion)
    this.#options.onChange({ kind: 'synced' })
  }

  #absent(status: number, message: string): Ending {
    this.#heard()
    if (status === 403 && !this.#forbidden) {
      this.#options.onForbidden?.(`Cannot watch ${this.#resource.path}, so it counts as empty: ${message}`)
    }
    this.#forbidden = status === 403
    this.#known.beginList()
    this.#emit(this.#known.endList())
    this.#options.onChange({ kind: 'synced' })
    return { kind: 'absent' }
  }

  #heard(): void {
    this.#heardAt = performance.now()
    if (!this.#inTrouble) return
    this.#inTrouble = false
    this.#options.onRecovered?.()
  }

  #emit(changes: readonly ObjectChange[]): void {
    for (const change of changes) this.#options.onChange(change)
  }

  #report(message: string, wait: number): void {
    this.#inTrouble = true
    const seconds = (wait / 1000).toFixed(1)
    this.#options.onTrouble(`Cannot watch ${this.#resource.path}: ${message}; asking again in ${seconds} s`, message)
  }
}
