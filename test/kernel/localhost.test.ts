import { createInterface } from 'node:readline'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { addressOf } from '../../src/host/lab/addresses.ts'
import { createLab, type Lab } from '../../src/host/lab/lab.ts'
import { manifestsOf, web } from './manifests.ts'
import { programCluster, type Program } from './program.ts'
import { requireKernelTools, variants } from './requirements.ts'

/** Where something listens on the node that is no node port. */
const ownPort = 7000

describe.each(variants)('iptables-%s', { timeout: 20_000 }, (variant) => {
  let lab: Lab
  let program: Program | undefined

  const start = async () => {
    requireKernelTools()
    lab = await createLab({ prefix: 'pointsman-test', backends: 1, families: ['IPv4'], destroyOnSignals: true })
    await lab.exec('node', `iptables-${variant}`, ['-t', 'mangle', '-N', 'KUBE-IPTABLES-HINT'])
    await lab.serve('backend1', { name: 'backend1', tcp: [web.targetPort], udp: [web.targetPort] })
    await lab.serve('node', { name: 'node', tcp: [ownPort] })
    await becomeNeighbour(lab)
  }
  const run = async (...options: readonly string[]) => {
    program = await programCluster(lab, manifestsOf(web, ['backend1']), options)
  }
  const stop = async () => {
    await program?.stop()
    await lab?.destroy()
  }
  const connect = (from: 'node' | 'client', port: number, protocol: 'tcp' | 'udp' = 'tcp', address = '127.0.0.1') =>
    lab.connect(from, { address, port, protocol, count: 2, timeout: 500 })
  const counted = async (counter: string) => {
    const listed = await lab.exec('node', 'nfacct', ['list'])
    return Number(new RegExp(`pkts = (\\d+), .* = ${counter};`).exec(listed)?.[1])
  }
  const served = { servers: { backend1: 2 }, clients: { [addressOf('node', 'IPv4')]: 2 } }
  const itself = { servers: { node: 2 } }
  const lost = { servers: {}, timeouts: 2 }

  describe('with node ports on localhost', () => {
    beforeAll(async () => {
      await start()
      await run('--iptables-localhost-nodeports')
    }, 20_000)
    afterAll(stop)

    test('they reach endpoints elsewhere, masqueraded and counted', async () => {
      expect(await connect('node', web.nodePort)).toMatchObject(served)
      expect(await connect('node', web.nodePort, 'udp')).toMatchObject(served)
      expect(await connect('node', web.nodePort, 'tcp', '127.0.0.2')).toMatchObject(served)
      expect(await counted('localhost_nps_accepted_pkts')).toBe(6)
      expect(await connect('node', web.nodePort, 'tcp', addressOf('node', 'IPv4'))).toMatchObject(served)
      expect(await counted('localhost_nps_accepted_pkts')).toBe(6)
    })

    test('no neighbour reaches what listens on 127.0.0.1, and only the guard prevents it', async () => {
      expect(await routeLocalnet(lab)).toBe('1')
      expect(await connect('client', ownPort)).toMatchObject(lost)
      expect(await connect('node', ownPort)).toMatchObject(itself)
      // A node port is translated before the guard: a neighbour reaches it as on every other address of the node.
      expect(await connect('client', web.nodePort)).toMatchObject(served)

      await lab.exec('node', `iptables-${variant}`, ['-F', 'KUBE-FIREWALL'])
      expect(await connect('client', ownPort)).toMatchObject(itself)
    })
  })

  describe('without', () => {
    let halfOpen: Connection
    beforeAll(async () => {
      await start()
      // From before there are rules, so that conntrack does not know it; nor is it to take up what it sees half-way.
      halfOpen = await connectFrom(lab)
      await lab.exec('node', 'tee', ['/proc/sys/net/netfilter/nf_conntrack_tcp_loose'], { input: '0' })
      await run()
    }, 20_000)
    afterAll(stop)

    test('they are closed there, and the kernel takes nothing for 127.0.0.1 from a neighbour', async () => {
      expect(await connect('node', web.nodePort)).toMatchObject({ servers: {}, refused: 2 })
      for (const port of [web.nodePort, ownPort]) expect(await connect('client', port)).toMatchObject(lost)
      expect(await routeLocalnet(lab)).toBe('0')
    })

    test('packets that conntrack cannot place are dropped and counted', async () => {
      expect(await counted('ct_state_invalid_dropped_pkts')).toBe(0)
      halfOpen.send()
      await expect.poll(() => counted('ct_state_invalid_dropped_pkts')).toBeGreaterThan(0)
    })
  })
})

/** Makes the client send packets for 127.0.0.1 to the node, and take those from there: what any host of a LAN can do. */
async function becomeNeighbour(lab: Lab): Promise<void> {
  await lab.exec('client', 'ip', ['address', 'delete', '127.0.0.1/8', 'dev', 'lo'])
  await lab.exec('client', 'tee', ['/proc/sys/net/ipv4/conf/all/route_localnet'], { input: '1' })
  const node = addressOf('node', 'IPv4')
  await lab.exec('client', 'ip', ['route', 'add', '127.0.0.0/8', 'via', node, 'dev', 'eth0', 'onlink'])
}

function routeLocalnet(lab: Lab): Promise<string> {
  return lab.exec('node', 'cat', ['/proc/sys/net/ipv4/conf/all/route_localnet'])
}

interface Connection {
  send(): void
}

/** A TCP connection of the client with the endpoint, which stays open on the client's side. */
async function connectFrom(lab: Lab): Promise<Connection> {
  const to = JSON.stringify({ host: addressOf('backend1', 'IPv4'), port: web.targetPort, allowHalfOpen: true })
  const client = `const socket = net.connect(${to})
    socket.resume().on('end', () => console.log('open'))
    process.stdin.on('data', () => socket.write('?'))`
  const { stdin, stdout } = lab.spawn('client', process.execPath, ['-e', client])
  for await (const line of createInterface({ input: stdout })) if (line === 'open') break
  return { send: () => stdin.write('\n') }
}
