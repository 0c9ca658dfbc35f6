import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A directory of a test, removed when disposed. */
export class Folder implements AsyncDisposable {
  readonly path: string

  private constructor(path: string) {
    this.path = path
  }

  static async make(): Promise<Folder> {
    return new Folder(await mkdtemp(join(tmpdir(), 'pointsman-test-')))
  }

  /** Puts a file there, in one step where there is one; returns its path. What is no text is written as JSON. */
  async write(name: string, content: unknown, mode = 0o600): Promise<string> {
    const path = join(this.path, name)
    await writeFile(`${path}.new`, typeof content === 'string' ? content : JSON.stringify(content), { mode })
    await rename(`${path}.new`, path)
    return path
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.path, { recursive: true })
  }
}
