import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { reason } from '../host/file-error.ts'
import { objectName, type ModelObject } from '../model/object.ts'
import { parseManifests, type LocatedObject, type ManifestError, type Manifests } from './manifest-text.ts'

const maxFileBytes = 512 * 1024 * 1024

/** Reads files, directories (their .yaml, .yml and .json files) and `-` for stdin, in the order of their names. */
export async function readManifests(paths: readonly string[]): Promise<Manifests> {
  const parts: Manifests[] = []
  for (const path of paths) {
    for (const file of await listFiles(path)) parts.push(await readManifestFile(file))
  }
  return mergeManifests(parts)
}

/** The files that a path stands for; throws a sentence when there is nothing. */
export async function listFiles(path: string): Promise<readonly string[]> {
  if (path === '-') return [path]
  if (!(await isDirectory(path))) return [path]
  const names = await readdir(path)
  return names
    .filter((name) => /\.(ya?ml|json)$/.test(name) && !name.startsWith('.'))
    .sort()
    .map((name) => join(path, name))
}

export async function isDirectory(path: string): Promise<boolean> {
  const info = await stat(path).catch((error: unknown) => {
    throw new Error(`Cannot read ${path}: ${reason(error)}`)
  })
  return info.isDirectory()
}

export async function readManifestFile(file: string): Promise<Manifests> {
  try {
    if (file === '-') return parseManifests(await text(process.stdin), 'stdin')
    const { size } = await stat(file)
    if (size > maxFileBytes) throw new Error(`it has ${size} bytes, more than ${maxFileBytes}; split it`)
    // A file that is being replaced in place is empty for a moment; that must not remove what it held.
    const content = await readFile(file, 'utf8')
    if (content === '') throw new Error('it is empty; delete the file to remove its objects')
    return parseManifests(content, file)
  } catch (error) {
    return { objects: [], errors: [{ message: `Cannot read ${file}: ${reason(error)}` }] }
  }
}

/** Puts files together. Of two objects with one name the first counts, and the other is an error. */
export function mergeManifests(parts: readonly Manifests[]): Manifests {
  const seen = new Map<string, LocatedObject>()
  const errors: ManifestError[] = []
  for (const part of parts) {
    errors.push(...part.errors)
    for (const located of part.objects) {
      const name = objectName(located.object)
      const first = seen.get(name)
      if (first === undefined) seen.set(name, located)
      else errors.push(duplicate(located.object, located.where, first.where))
    }
  }
  return { objects: [...seen.values()], errors }
}

function duplicate(object: ModelObject, where: string, first: string): ManifestError {
  const name = objectName(object)
  const message = `${where}, ${name}: metadata.name: the same object stands in ${first}; keep one of them`
  return { message, object: name }
}
