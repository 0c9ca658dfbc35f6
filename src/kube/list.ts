import { setTimeout as delay } from 'node:timers/promises'
import type { ModelObject } from '../model/object.ts'
import { statusMessage } from './answer.ts'
import type { Answer, ApiServer } from './api-server.ts'
import { askPath } from './ask.ts'
import { connectionSentence } from './connection-sentence.ts'
import { KnownObjects } from './known-objects.ts'
import { textOf } from './lines.ts'
import { longestPage, longestStatus, parsePage } from './page.ts'
import type { Resource } from './resource.ts'

/** The objects of a resource as they were at one moment. */
export interface Listed {
  readonly objects: readonly ModelObject[]
  /** A sentence for each object that cannot be read. */
  readonly problems: readonly string[]
}

/** What the server said in place of a list. */
export class ListRefused extends Error {
  /** The status of the answer, e.g. 403. */
  readonly status: number

  constructor(message: string, status: number) {
    super(message)
    this.name = 'ListRefused'
    this.status = status
  }
}

const silenceMilliseconds = 60_000
/** How often a server that is busy is asked again, and how long it may have us wait. */
const patience = { times: 5, longestSeconds: 30 }

/** Lists a resource once, page by page. Throws {@link ListRefused}, or a sentence where the server cannot be reached. */
export async function listObjects(server: ApiServer, resource: Resource): Promise<Listed> {
  const known = new KnownObjects(resource)
  const objects: ModelObject[] = []
  const problems: string[] = []
  let continueToken: string | undefined
  do {
    const next = { kind: 'page', ...(continueToken !== undefined && { continueToken }) } as const
    const page = parsePage(await readPage(server, resource, askPath(resource, next, 0)))
    for (const change of page.items.flatMap((item) => known.put(item))) {
      if (change.kind === 'put') objects.push(change.object)
      if (change.kind === 'unreadable') problems.push(change.message)
    }
    continueToken = page.continueToken
  } while (continueToken !== undefined)
  return { objects, problems }
}

/** Whether the server has this resource at all. Every user may ask so much, also one who may not list it. */
export async function isServed(server: ApiServer, { path }: Resource): Promise<boolean> {
  const group = path.slice(0, path.lastIndexOf('/'))
  const { status, body } = await ask(server, group)
  await textOf(body, longestPage)
  return status === 200
}

async function readPage(server: ApiServer, resource: Resource, path: string): Promise<string> {
  const { status, body } = await askPatiently(server, path)
  if (status === 200) return textOf(body, longestPage)
  const message = statusMessage(await textOf(body, longestStatus))
    .trim()
    .slice(0, 300)
  throw new ListRefused(`Cannot list ${resource.path}: the API server said ${status}: ${message}`, status)
}

async function askPatiently(server: ApiServer, path: string): Promise<Answer> {
  for (let left = patience.times; ; left--) {
    const answer = await ask(server, path)
    if (answer.status !== 429 || left === 0) return answer
    await textOf(answer.body, longestStatus)
    await delay(1000 * Math.min(answer.retryAfterSeconds ?? 1, patience.longestSeconds))
  }
}

async function ask(server: ApiServer, path: string): Promise<Answer> {
  try {
    return await server.get(path, silenceMilliseconds, new AbortController().signal)
  } catch (error) {
    if (!(error instanceof Error)) throw error
    throw new Error(`Cannot ask the API server at ${server.url}: ${connectionSentence(error)}`, { cause: error })
  }
}
