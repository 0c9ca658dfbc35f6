import { expect, test } from 'vitest'
import { parseConnections } from '../../src/backends/ipvs/draining.ts'
import { leave } from '../../src/backends/ipvs/leaving.ts'
import { parseSavedServers } from '../../src/backends/ipvs/saved-servers.ts'

const listed = `IP Virtual Server version 1.2.1 (size=4096)
Prot LocalAddress:Port Scheduler Flags
  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn
TCP  10.96.0.1:80 rr persistent 10800
  -> 10.244.1.1:8080              Masq    1      2          1         
  -> 10.244.1.2:8080              Masq    1      0          0         
UDP  10.96.0.1:53 rr
  -> 10.244.1.1:5353              Masq    1      0          7         
TCP  [2001:db8::1]:80 mh (mh-port)
  -> [2001:db8:244::1]:8080       Masq    0      0          1         
FWM  7 rr
  -> 10.244.1.9:80                Masq    1      5          5         
`

test('connections as ipvsadm -L -n counts them, of one family', () => {
  expect([...parseConnections(listed, 'IPv4')]).toEqual([
    ['10.96.0.1:80/TCP 10.244.1.1:8080', 3],
    ['10.96.0.1:80/TCP 10.244.1.2:8080', 0],
    ['10.96.0.1:53/UDP 10.244.1.1:5353', 7],
  ])
  expect([...parseConnections(listed, 'IPv6')]).toEqual([['[2001:db8::1]:80/TCP [2001:db8:244::1]:8080', 1]])
})

test('virtual servers of another mode: those with connections of TCP lose their weight, all else goes', () => {
  const saved = `-A -t 10.96.0.1:80 -s rr -p 10800
-a -t 10.96.0.1:80 -r 10.244.1.1:8080 -m -w 1
-a -t 10.96.0.1:80 -r 10.244.1.2:8080 -m -w 1
-A -u 10.96.0.1:53 -s rr
-a -u 10.96.0.1:53 -r 10.244.1.1:5353 -m -w 1
-A -t 10.96.0.2:80 -s rr`
  const servers = [...parseSavedServers(saved, 'IPv4').values()]
  const { lines, staying } = leave(servers, parseConnections(listed, 'IPv4'))
  expect(lines.toSorted()).toEqual([
    '-D -t 10.96.0.2:80',
    '-D -u 10.96.0.1:53',
    '-d -t 10.96.0.1:80 -r 10.244.1.2:8080',
    '-e -t 10.96.0.1:80 -r 10.244.1.1:8080 -m -w 0',
  ])
  expect(staying.map(({ address, port }) => `${address}:${port}`)).toEqual(['10.96.0.1:80'])
  expect(leave(servers, new Map()).staying).toEqual([])
})
