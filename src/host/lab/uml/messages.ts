/**
 * What the host and the program inside the guest say to each other over the guest's serial line: one JSON text a line, all
 * ASCII. Every command has a number that the host chose.
 */
export type Request =
  | { readonly kind: 'start'; readonly id: number; readonly command: string; readonly args: readonly string[] }
  | { readonly kind: 'input'; readonly id: number; readonly text: string }
  | { readonly kind: 'end-input'; readonly id: number }
  | { readonly kind: 'signal'; readonly id: number; readonly signal: NodeJS.Signals }
  | { readonly kind: 'kill'; readonly pid: number }

export type Reply =
  | { readonly kind: 'ready' }
  /** So many bytes more have come in. */
  | { readonly kind: 'read'; readonly bytes: number }
  | { readonly kind: 'stdout' | 'stderr'; readonly id: number; readonly text: string }
  /** It could not be started: `spawn ipvsadm ENOENT`. */
  | { readonly kind: 'failed'; readonly id: number; readonly message: string }
  | { readonly kind: 'exit'; readonly id: number; readonly code: number | null; readonly signal: NodeJS.Signals | null }
  /** It has ended, and whoever had its output too. */
  | { readonly kind: 'close'; readonly id: number }

/** What is said of one command. */
export type CommandReply = Exclude<Reply, { kind: 'ready' | 'read' }>

/** The serial line of the guest, a terminal by its nature: it must be set to raw. */
export const guestLine = '/dev/ttyS0'

export function formatMessage(message: Request | Reply): string {
  // A multi-byte character could be cut in two on its way.
  const ascii = JSON.stringify(message).replaceAll(
    /[\u007f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
  return `${ascii}\n`
}

/** Hands over each whole line of what comes in pieces. */
export function eachLine(onLine: (line: string) => void): (chunk: Buffer | string) => void {
  let parts: string[] = []
  return (chunk) => {
    const [first = '', ...rest] = String(chunk).split('\n')
    parts.push(first)
    for (const next of rest) {
      onLine(parts.join(''))
      parts = [next]
    }
  }
}
