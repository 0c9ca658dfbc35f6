import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { connect, type Socket } from 'node:net'
import { expect, test } from 'vitest'
import { dig } from './dig.ts'
import type { IdleFigures } from './idle-server.ts'
import { framed } from './stream-client.ts'

const count = 10_000
const name = 'front.web.svc.cluster.local'

test(
  `${count} idle connections cost little memory, and keep nobody else from answers`,
  { timeout: 60_000 },
  async () => {
    const server = spawn(process.execPath, ['test/dns/idle-server.ts'], { stdio: ['pipe', 'pipe', 'inherit'] })
    const lines = createInterface({ input: server.stdout })[Symbol.asyncIterator]()
    const line = async () => String((await lines.next()).value)
    const figures = async (): Promise<IdleFigures> => {
      server.stdin.write('\n')
      return JSON.parse(await line())
    }
    const clients: Socket[] = []
    try {
      const port = Number(await line())
      await dig(port, name, '+tcp')
      const before = await figures()
      const query = framed(name)
      // Once asked, a connection may be idle for ten seconds.
      for (let i = 0; i < count; i++) {
        clients.push(connect({ host: '127.0.0.1', port }, () => clients[i]?.write(query)).on('error', () => undefined))
        // The kernel keeps 4,096 that are not accepted yet.
        if (i % 500 === 499)
          await expect.poll(async () => (await figures()).connections, { timeout: 20_000 }).toBe(i + 1)
      }
      const full = await figures()
      for (const transport of ['+notcp', '+tcp']) expect((await dig(port, name, transport)).status).toBe('NOERROR')
      expect(full).toMatchObject({ connections: count, evicted: 0 })
      expect((full.memory - before.memory) / count).toBeLessThan(20_000)
      await expect.poll(async () => (await figures()).connections, { timeout: 20_000 }).toBe(0)
    } finally {
      for (const client of clients) client.destroy()
      server.kill('SIGKILL')
    }
  },
)
