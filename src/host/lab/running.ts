import { readFileSync } from 'node:fs'

/** Whether a process of this id runs; one that has ended and waits for its parent to notice does not. */
export function isRunning(pid: number): boolean {
  try {
    // "4711 (name) S ...", where the name may hold anything, also brackets and blanks.
    return !/\) [ZX] [^)]*$/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return false
  }
}
