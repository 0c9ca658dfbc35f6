/**
 * `unix-relay ADDRESS PORT PATH` takes TCP connections in the network namespace that it runs in, and hands each on to
 * the Unix socket PATH, which is the same in every namespace. It prints `ready` when it listens.
 */
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { joinSockets } from './joined-sockets.ts'

const [, , host = '', port = '', path = ''] = process.argv
const server = createServer((client) => joinSockets(client, connect(path)))
await once(server.listen(Number(port), host), 'listening')
console.log('ready')
