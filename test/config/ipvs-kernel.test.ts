import { expect, test } from 'vitest'
import { ipvsSysctls, ipvsTimeouts } from '../../src/config/ipvs-kernel.ts'

const namesOf = (settings: Parameters<typeof ipvsSysctls>[0], release = '6.1.0-13-amd64') =>
  ipvsSysctls(settings, release).map(({ name, value }) => `${name.split('/').at(-1)}=${value}`)

const always = ['conntrack=1', 'expire_nodest_conn=1', 'expire_quiescent_template=1', 'ip_forward=1']

test('the sysctls of IPVS mode, and those of strict ARP where it is asked for', () => {
  expect(namesOf({})).toEqual(always)
  expect(namesOf({ 'ipvs.strictARP': false })).toEqual(always)
  expect(namesOf({ 'ipvs.strictARP': true })).toEqual([...always, 'arp_ignore=1', 'arp_announce=2'])
})

test.each([
  ['4.19.0-27-amd64', true],
  ['5.8.18', true],
  ['5.9.0-rc1', false],
  ['5.10.0', false],
  ['6.1.176', false],
])('Linux %s: whether the kernel may use connections of a port that comes again', (release, avoided) => {
  expect(namesOf({}, release).includes('conn_reuse_mode=0')).toBe(avoided)
})

test('timeouts in seconds, rounded up, 0 for what is not said', () => {
  expect(ipvsTimeouts({})).toBeUndefined()
  expect(ipvsTimeouts({ 'ipvs.tcpTimeout': 600_000, 'ipvs.udpTimeout': 1_500 })).toEqual([600, 0, 2])
  expect(ipvsTimeouts({ 'ipvs.tcpFinTimeout': 1 })).toEqual([0, 1, 0])
})
