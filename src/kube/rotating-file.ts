import { readFile } from 'node:fs/promises'
import { reason } from '../host/file-error.ts'

/** A small file that its owner replaces, as the kubelet does with the token of a pod, so it is read before every use. */
export class RotatingFile {
  readonly #path: string
  readonly #whose: string
  #last: string | undefined

  /** @param whose What messages call it, e.g. `Kubeconfig /etc/kubernetes/kubelet.conf, user "node": client-key`. */
  constructor(path: string, whose: string) {
    this.#path = path
    this.#whose = whose
  }

  /**
   * Where it cannot be read for the moment, what it last held; that may be good for an hour yet.
   *
   * @param anew True: what it last held is no use; throws a sentence where it cannot be read.
   */
  async read(anew: boolean): Promise<string> {
    try {
      const text = await readFile(this.#path, 'utf8')
      if (text.trim() === '') throw new Error('it is empty')
      this.#last = text
      return text
    } catch (error) {
      if (this.#last !== undefined && !anew) return this.#last
      throw new Error(`${this.#whose}: cannot read ${this.#path}: ${reason(error)}`, { cause: error })
    }
  }
}
