import { expect, test } from 'vitest'
import { detectVariant, iptablesTool } from '../../src/agent/iptables-tool.ts'
import { CommandError, type RunCommand } from '../../src/host/command.ts'

// Not the real tools: a kernel that lacks one of the variants cannot be had beside one that has both.
const missing = new CommandError('not installed', true)
const broken = new CommandError('Failed to initialize nft: Protocol not supported', false)
const runWith = (
  nft: string | CommandError,
  legacy: string | CommandError,
  version = 'iptables v1.8.9 (nf_tables)',
) => {
  const answers: Record<string, string | CommandError> = {
    'iptables-nft-save': nft,
    'iptables-legacy-save': legacy,
    iptables: version,
  }
  const run: RunCommand = async (command) => {
    const answer = answers[command] ?? missing
    if (answer instanceof CommandError) throw answer
    return answer
  }
  return run
}

test.each([
  { name: 'only legacy is installed', nft: missing, legacy: '', want: 'legacy' },
  { name: 'only nft is installed', nft: '', legacy: missing, want: 'nft' },
  { name: 'the kernel has no nf_tables', nft: broken, legacy: '', want: 'legacy' },
  { name: 'the kernel has no ip_tables', nft: '', legacy: broken, want: 'nft' },
  {
    name: 'both work: the default of the host',
    nft: '',
    legacy: '',
    version: 'iptables v1.8.9 (legacy)',
    want: 'legacy',
  },
])('$name', async ({ nft, legacy, version, want }) => {
  expect(await detectVariant(runWith(nft, legacy, version))).toBe(want)
})

test('with neither, the error is the one that can be acted on', async () => {
  await expect(detectVariant(runWith(missing, missing))).rejects.toBe(missing)
  await expect(detectVariant(runWith(missing, broken))).rejects.toBe(broken)
})

test.each([
  { name: 'the chain is there', want: true },
  { name: 'there is no such chain', fails: 1, want: false, asks: ['mangle'] },
  { name: 'the lock or the kernel is busy, which says nothing', fails: 4, want: true },
  { name: 'there is none in one of the tables', fails: 1, only: 'nat', want: false },
])('canary: $name', async ({ fails, only = '', want, asks = ['mangle', 'filter', 'nat'] }) => {
  const asked: string[] = []
  const run: RunCommand = async (command, args) => {
    asked.push([command, ...args].join(' '))
    if (fails !== undefined && args.join(' ').includes(only))
      throw new CommandError('failed', false, { exitCode: fails })
    return ''
  }
  expect(await iptablesTool(run, 'IPv6', 'legacy').hasCanary()).toBe(want)
  expect(asked).toEqual(asks.map((table) => `ip6tables-legacy -w 5 -t ${table} -S KUBE-PROXY-CANARY`))
})

test('canary: any other failure is an error', async () => {
  const run: RunCommand = async () => {
    throw missing
  }
  await expect(iptablesTool(run, 'IPv4', 'nft').hasCanary()).rejects.toBe(missing)
})
