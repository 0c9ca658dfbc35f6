import { readFile, writeFile } from 'node:fs/promises'
import { getSystemErrorMessage } from 'node:util'

/**
 * The value of a kernel setting, e.g. `1` for `net/ipv4/conf/all/route_localnet`, without its line end; undefined when
 * this kernel has no such setting. Settings of the network are those of the namespace that this process is in.
 */
export async function readSysctl(name: string): Promise<string | undefined> {
  try {
    const text = await readFile(pathOf(name), 'utf8')
    return text.trim()
  } catch (error) {
    if (isMissing(error)) return undefined
    throw new Error(`Cannot read sysctl ${name}: ${reason(error)}`, { cause: error })
  }
}

/** Sets it; whoever may not, or has no such setting, gets a sentence that says so, and what it is now. */
export async function writeSysctl(name: string, value: string): Promise<void> {
  try {
    // Not created where it is missing: /proc/sys has what the kernel has.
    await writeFile(pathOf(name), value, { flag: 'r+' })
  } catch (error) {
    const present = await readSysctl(name).catch(() => undefined)
    const from = present === undefined ? '' : ` from ${present}`
    throw new Error(`Cannot set sysctl ${name}${from} to ${value}: ${reason(error)}`, { cause: error })
  }
}

function pathOf(name: string): string {
  return `/proc/sys/${name}`
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT'
}

/** What the kernel said, e.g. `read-only file system`. */
function reason(error: unknown): string {
  if (isMissing(error)) return 'this kernel has no such setting'
  return error instanceof Error && 'errno' in error && typeof error.errno === 'number'
    ? getSystemErrorMessage(error.errno)
    : String(error)
}
