/**
 * The first process of a guest kernel: makes the guest's root writable, and runs what the host asks for on the serial
 * line. Nothing else ever ends it; when it does, the kernel panics, and the host sees that.
 */
import { openSync } from 'node:fs'
import { ReadStream } from 'node:tty'
import { GuestCommands } from './guest-commands.ts'
import { runTool, setUpRoot } from './guest-root.ts'
import { eachLine, formatMessage, guestLine, type Request } from './messages.ts'

setUpRoot()
runTool('stty', ['-F', guestLine, 'raw', '-echo'])
const line = new ReadStream(openSync(guestLine, 'r+'))
const commands = new GuestCommands((reply) => line.write(formatMessage(reply)))
const takeLines = eachLine((text) => {
  const request: Request = JSON.parse(text)
  commands.take(request)
})
line.on('data', (chunk) => {
  line.write(formatMessage({ kind: 'read', bytes: chunk.length }))
  takeLines(chunk)
})
line.write(formatMessage({ kind: 'ready' }))
