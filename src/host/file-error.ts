/** Why a file could not be read, in words: `no such file or directory`. */
export function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if ('code' in error && error.code === 'ENOENT') return 'no such file or directory'
  if ('code' in error && error.code === 'EACCES') return 'permission denied'
  if ('code' in error && error.code === 'EISDIR') return 'it is a directory'
  return error.message
}
