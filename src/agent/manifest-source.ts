import { stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { objectName, type ModelObject } from '../model/object.ts'
import { isDirectory, listFiles, mergeManifests, readManifestFile } from './manifest-files.ts'
import type { ManifestError, Manifests } from './manifest-text.ts'

/** What changed between two readings. */
export interface ManifestChanges {
  readonly put: readonly ModelObject[]
  readonly removed: readonly ModelObject[]
  /** Errors that the reading before did not have. */
  readonly errors: readonly ManifestError[]
}

/**
 * Manifest files read again and again, as `run -f` does. What cannot be read keeps its last good state: a bad object
 * alone, or, where a document is not even YAML, every object that its file had.
 */
export class ManifestSource {
  readonly #paths: readonly string[]
  #files = new Map<string, { stamp: string; manifests: Manifests }>()
  #objects = new Map<string, ModelObject>()
  #errors = new Set<string>()

  constructor(paths: readonly string[]) {
    this.#paths = paths
  }

  /** The directories whose changes matter: files are replaced by renaming, so the file itself is not enough. */
  async watchedDirectories(): Promise<readonly string[]> {
    const directories = new Set<string>()
    for (const path of this.#paths) {
      if (path === '-') continue
      directories.add((await isDirectory(path)) ? path : dirname(path))
    }
    return [...directories]
  }

  async read(): Promise<ManifestChanges> {
    await this.#readFiles()
    const { objects, errors } = mergeManifests([...this.#files.values()].map((file) => file.manifests))
    const found = new Map(objects.map(({ object }) => [objectName(object), object]))
    const put = [...found]
      .filter(([name, object]) => !same(this.#objects.get(name), object))
      .map(([, object]) => object)
    const removed = [...this.#objects].filter(([name]) => !found.has(name)).map(([, object]) => object)
    const fresh = errors.filter(({ message }) => !this.#errors.has(message))
    this.#objects = found
    this.#errors = new Set(errors.map(({ message }) => message))
    return { put, removed, errors: fresh }
  }

  async #readFiles(): Promise<void> {
    const files = new Map<string, { stamp: string; manifests: Manifests }>()
    for (const path of this.#paths) {
      for (const file of await listFiles(path)) {
        const before = this.#files.get(file)
        const stamp = await stampOf(file)
        files.set(
          file,
          before?.stamp === stamp ? before : { stamp, manifests: await readAgain(file, before?.manifests) },
        )
      }
    }
    this.#files = files
  }
}

/** Reads a file; what it has errors in place of is kept from the reading before. */
async function readAgain(file: string, before: Manifests | undefined): Promise<Manifests> {
  const now = await readManifestFile(file)
  if (before === undefined || now.errors.length === 0) return now
  const unreadable = now.errors.some((error) => error.object === undefined)
  const bad = new Set(now.errors.map((error) => error.object))
  const good = new Set(now.objects.map(({ object }) => objectName(object)))
  const kept = before.objects.filter(({ object }) => {
    const name = objectName(object)
    return !good.has(name) && (unreadable || bad.has(name))
  })
  return { objects: [...now.objects, ...kept], errors: now.errors }
}

async function stampOf(file: string): Promise<string> {
  if (file === '-') return ''
  // A file that vanished since it was listed gets its error when it is read.
  const info = await stat(file, { bigint: true }).catch(() => undefined)
  return info === undefined ? 'gone' : `${info.ino} ${info.mtimeNs} ${info.size}`
}

function same(a: ModelObject | undefined, b: ModelObject): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b)
}
