import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

/** A command that is not ours, and the Debian package that brings it. */
export interface Tool {
  readonly command: string
  readonly debianPackage: string
}

/** Throws a sentence that names the first command of `tools` that is not in `path`, and its Debian package. */
export function requireTools(tools: readonly Tool[], path = process.env['PATH'] ?? ''): void {
  const directories = path.split(delimiter)
  for (const { command, debianPackage } of tools) {
    if (directories.some((directory) => isExecutable(join(directory, command)))) continue
    throw new Error(`Cannot find the command "${command}" in PATH: install the Debian package ${debianPackage}`)
  }
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}
