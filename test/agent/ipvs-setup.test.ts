import { expect, test } from 'vitest'
import { requireIpvs } from '../../src/agent/ipvs-setup.ts'
import { CommandError, type RunCommand } from '../../src/host/command.ts'

const noIpvs = new CommandError('"ipvsadm -S -n" failed with exit code 255', false, {
  stderr: "Can't initialize ipvs: Protocol not available\n",
})
const noScheduler = new CommandError('"ipvsadm -A -t 198.51.100.0:20000 -s sed" failed with exit code 255', false, {
  stderr: 'Scheduler or persistence engine not found\n',
})
const noTool = new CommandError('Cannot find ipset', true)

/** Tools that answer their words with these, and what they were asked. */
function toolsOf(answers: Readonly<Record<string, string | Error>>) {
  const asked: string[] = []
  const run: RunCommand = async (command, args) => {
    const words = [command, ...args].join(' ')
    asked.push(words)
    const answer = answers[words] ?? ''
    if (answer instanceof Error) throw answer
    return answer
  }
  return { run, asked }
}

const ipset = { 'ipset --version': 'ipset v7.17, protocol version: 7\n' }
const probe = '-t 198.51.100.0:20000'

test.each([
  { lacks: 'the tool ipset', answers: { 'ipset --version': noTool }, says: 'Cannot find ipset' },
  {
    lacks: 'a new ipset',
    answers: { 'ipset --version': 'ipset v4.5\n' },
    says: 'expected version 6.0 or later, got "ipset v4.5"',
  },
  {
    lacks: 'IPVS',
    answers: { ...ipset, 'ipvsadm -S -n': noIpvs },
    says: 'This kernel has no IPVS (module ip_vs), which the mode ipvs needs: "ipvsadm -S -n" failed',
  },
  {
    lacks: 'the scheduler',
    answers: { ...ipset, [`ipvsadm -A ${probe} -s sed`]: noScheduler },
    says: 'This kernel cannot do ipvs.scheduler sed (module ip_vs_sed): ',
  },
])('a node that lacks $lacks is told so in a sentence', async ({ answers, says }) => {
  await expect(requireIpvs(toolsOf(answers).run, 'sed', false)).rejects.toThrow(says)
})

test('a scheduler is tried with a virtual server of nobody, which goes again', async () => {
  const { run, asked } = toolsOf(ipset)
  await requireIpvs(run, 'sed', false)
  expect(asked.slice(2)).toEqual([`ipvsadm -A ${probe} -s sed`, `ipvsadm -D ${probe}`])
})

test('nothing is tried where a virtual server has the scheduler, or nothing may be changed', async () => {
  const used = toolsOf({ ...ipset, 'ipvsadm -S -n': '-A -t 10.96.0.1:80 -s sed\n' })
  await requireIpvs(used.run, 'sed', false)
  const dry = toolsOf(ipset)
  await requireIpvs(dry.run, 'sed', true)
  expect([used.asked, dry.asked]).toEqual([
    ['ipset --version', 'ipvsadm -S -n'],
    ['ipset --version', 'ipvsadm -S -n'],
  ])
})
