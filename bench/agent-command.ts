import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** The flags of node that the image starts the agent with. */
export const nodeFlags: readonly string[] = entrypoint().filter((word) => word.startsWith('--'))

function entrypoint(): readonly string[] {
  const dockerfile = readFileSync(join(import.meta.dirname, '../docker/Dockerfile'), 'utf8')
  const words: unknown = JSON.parse(/^ENTRYPOINT (.+)$/m.exec(dockerfile)?.[1] ?? '[]')
  return Array.isArray(words) ? words.map(String) : []
}
