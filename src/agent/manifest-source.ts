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
  /** Some path could not be read at all: its objects are those of before. */
  readonly incomplete: boolean
}

/**
 * Manifest files read again and again, as `run -f` does. What cannot be read keeps its last good state: a bad object
 * alone, or, where a document is not even YAML, every object that its file had.
 */
export class ManifestSource {
  readonly #paths: readonly string[]
  /** By path, then by file. */
  readonly #files = new Map<string, ReadonlyMap<string, ReadFile>>()
  readonly #directories = new Map<string, string>()
  #objects = new Map<string, ModelObject>()
  #errors = new Set<string>()

  constructor(paths: readonly string[]) {
    this.#paths = paths
  }

  /** The directories whose changes matter: files are replaced by renaming, so the file itself is not enough. */
  async watchedDirectories(): Promise<readonly string[]> {
    for (const path of this.#paths) {
      if (path === '-' || this.#directories.has(path)) continue
      this.#directories.set(path, (await isDirectory(path)) ? path : dirname(path))
    }
    return [...new Set(this.#directories.values())]
  }

  /** Throws only when a path cannot be read and never could. */
  async read(): Promise<ManifestChanges> {
    const missing = await this.#readPaths()
    const { objects, errors } = mergeManifests([...this.#files.values()].flatMap(manifestsOf))
    const found = new Map(objects.map(({ object }) => [objectName(object), object]))
    const put = [...found]
      .filter(([name, object]) => !same(this.#objects.get(name), object))
      .map(([, object]) => object)
    const removed = [...this.#objects].filter(([name]) => !found.has(name)).map(([, object]) => object)
    const all = [...missing, ...errors]
    const fresh = all.filter(({ message }) => !this.#errors.has(message))
    this.#objects = found
    this.#errors = new Set(all.map(({ message }) => message))
    return { put, removed, errors: fresh, incomplete: missing.length > 0 }
  }

  /** One path that is gone never keeps the others from being read. */
  async #readPaths(): Promise<readonly ManifestError[]> {
    const missing: ManifestError[] = []
    for (const path of this.#paths) {
      const before = this.#files.get(path)
      try {
        this.#files.set(path, await readFiles(await listFiles(path), before))
      } catch (error) {
        if (before === undefined || !(error instanceof Error)) throw error
        missing.push({ message: error.message })
      }
    }
    return missing
  }
}

interface ReadFile {
  /** Tells whether the file has changed since. */
  readonly stamp: string
  readonly manifests: Manifests
}

async function readFiles(
  files: readonly string[],
  before: ReadonlyMap<string, ReadFile> | undefined,
): Promise<ReadonlyMap<string, ReadFile>> {
  const read = new Map<string, ReadFile>()
  for (const file of files) {
    const known = before?.get(file)
    const stamp = await stampOf(file)
    read.set(file, known?.stamp === stamp ? known : { stamp, manifests: await readAgain(file, known?.manifests) })
  }
  return read
}

function manifestsOf(files: ReadonlyMap<string, ReadFile>): readonly Manifests[] {
  return [...files.values()].map((file) => file.manifests)
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
  return info === undefined ? 'gone' : `${info.ino} ${info.mtimeNs} ${info.ctimeNs} ${info.size}`
}

function same(a: ModelObject | undefined, b: ModelObject): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b)
}
