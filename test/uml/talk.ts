/**
 * Connections that last: `talk serve NAME PORT` answers whatever comes over TCP or UDP with its name, `talk ask tcp|udp ADDRESS
 * PORT` keeps one socket, and for each line of standard input prints who answers: a name, `lost`, or the code of an error; the
 * line `reset` resets the connection and ends it. Both print `ready` when they are, and end with standard input.
 */
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { createInterface } from 'node:readline'

const patienceMs = 2000
const [mode = '', ...words] = process.argv.slice(2)
if (mode === 'serve') await serve(words[0] ?? '', Number(words[1]))
else await answer(words[0] === 'tcp' ? await tcp(words) : await udp(words))

async function serve(name: string, port: number): Promise<void> {
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy())
    socket.on('data', () => socket.write(name))
  })
  await once(server.listen(port, '::'), 'listening')
  const socket = createSocket('udp6')
  socket.on('message', (_, from) => socket.send(name, from.port, from.address))
  socket.bind(port, '::')
  console.log('ready')
  await once(process.stdin.resume(), 'end')
  process.exit()
}

interface Talk {
  send(): void
  end(): void
  onAnswer(tell: (answer: string) => void): void
}

async function tcp([, host = '', port = '']: readonly string[]): Promise<Talk> {
  const socket = connect({ host, port: Number(port) })
  await once(socket, 'connect')
  return {
    send: () => socket.write('?'),
    end: () => socket.resetAndDestroy(),
    onAnswer: (tell) => {
      // One that has failed is told of what is written to it, again and again.
      socket.removeAllListeners('data').removeAllListeners('error')
      socket.on('data', (name) => tell(String(name)))
      socket.on('error', (error) => tell(codeOf(error)))
    },
  }
}

async function udp([, host = '', port = '']: readonly string[]): Promise<Talk> {
  const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4')
  socket.connect(Number(port), host)
  await once(socket, 'connect')
  return {
    send: () => socket.send('?'),
    end: () => socket.close(),
    onAnswer: (tell) => {
      socket.removeAllListeners('message').removeAllListeners('error')
      socket.on('message', (name) => tell(String(name)))
      socket.on('error', (error) => tell(codeOf(error)))
    },
  }
}

async function answer(talk: Talk): Promise<void> {
  console.log('ready')
  for await (const line of createInterface({ input: process.stdin })) {
    if (line === 'reset') break
    const { promise, resolve } = Promise.withResolvers<string>()
    talk.onAnswer(resolve)
    const timer = setTimeout(() => resolve('lost'), patienceMs)
    talk.send()
    console.log(await promise)
    clearTimeout(timer)
  }
  talk.end()
  process.exit()
}

function codeOf(error: Error): string {
  return 'code' in error ? String(error.code) : error.message
}
