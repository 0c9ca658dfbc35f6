import { readdirSync, readFileSync } from 'node:fs'

/** The most memory that any child of this process had at one time, in bytes, as the kernel counts it (VmHWM). */
export class ToolMemory {
  peak = 0

  /** Looks at the children while `work` runs. */
  async watch<T>(work: Promise<T>): Promise<T> {
    const timer = setInterval(() => {
      for (const pid of children()) this.peak = Math.max(this.peak, highWaterMark(pid))
    }, 10)
    try {
      return await work
    } finally {
      clearInterval(timer)
    }
  }
}

function children(): readonly string[] {
  return readdirSync('/proc/self/task').flatMap((task) =>
    readFileSync(`/proc/self/task/${task}/children`, 'utf8').split(' ').filter(Boolean),
  )
}

/** 0 for a process that has ended meanwhile. */
function highWaterMark(pid: string): number {
  try {
    return Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1024
  } catch {
    return 0
  }
}
