import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { deleteCounters, ensureCounters, listCounters, remakingCounters } from '../../src/agent/counters.ts'
import { desiredRules, kernelRules } from '../../src/agent/compared-side.ts'
import { reportDifferences } from '../../src/agent/diff-report.ts'
import { readIptablesBase } from '../../src/agent/iptables-base.ts'
import { IptablesRuleset } from '../../src/agent/iptables-ruleset.ts'
import { iptablesTool, type IptablesTool } from '../../src/agent/iptables-tool.ts'
import { planCleanup } from '../../src/backends/iptables/cleanup.ts'
import { counterNames } from '../../src/backends/iptables/counter.ts'
import { renderFullSync } from '../../src/backends/iptables/full-sync.ts'
import { parseSavedRules } from '../../src/backends/iptables/saved-rules.ts'
import { renderUpdate } from '../../src/backends/iptables/update.ts'
import type { ReportGroup } from '../../src/diff/report.ts'
import { families, type Family } from '../../src/net/family.ts'
import { clusterOfObjects } from '../support/cluster.ts'
import { createNamespace, type Namespace } from '../support/namespace.ts'
import { manifestsOf, web } from './manifests.ts'
import { requireKernelTools, variants } from './requirements.ts'

/** As iptables-save prints the rule that we and the kubelet keep in KUBE-FIREWALL. */
const guard =
  '-A KUBE-FIREWALL ! -s 127.0.0.0/8 -d 127.0.0.0/8 -m comment --comment "block incoming localnet connections" -m conntrack ! --ctstate RELATED,ESTABLISHED,DNAT -j DROP'
/** A rule of an older kubelet. */
const marked =
  '-A KUBE-FIREWALL -m comment --comment "kubernetes firewall for dropping marked packets" -m mark --mark 0x8000/0x8000 -j DROP'

/** With all that can be on. */
function rulesetOf(objects: readonly unknown[], family: Family = 'IPv4'): IptablesRuleset {
  return new IptablesRuleset(clusterOfObjects(objects), {
    family,
    nodeName: 'lab-node',
    masqueradeAll: false,
    localDetection: { mode: 'ClusterCIDR', networks: [] },
    nodePortNetworks: [],
    localhostNodePorts: true,
    kernel: { counters: counterNames, dropInvalid: true },
  })
}

const withWeb = manifestsOf(web, ['backend1', 'backend2'])
const allChains = /^(:|-A )/
const ofFirewall = /KUBE-FIREWALL/

describe.each(variants)('iptables-%s', { timeout: 20_000 }, (variant) => {
  let namespace: Namespace
  let ipv4: IptablesTool
  beforeEach(async () => {
    requireKernelTools()
    namespace = await createNamespace()
    ipv4 = iptablesTool(namespace.run, 'IPv4', variant)
    await ensureCounters(namespace.run)
  })
  afterEach(() => namespace[Symbol.asyncDispose]())

  const planSync = async (ruleset: IptablesRuleset, tool = ipv4) =>
    renderFullSync(ruleset.desired(), parseSavedRules(await tool.save()), 1000)
  const sync = async (ruleset: IptablesRuleset, tool = ipv4) => {
    const document = await planSync(ruleset, tool)
    if (document !== '') await tool.restore(document)
    return document
  }
  const cleanup = async () => {
    const plan = planCleanup(readIptablesBase('IPv4', { localhost: true }), parseSavedRules(await ipv4.save()))
    if (plan.document !== '') await ipv4.restore(plan.document)
    return plan
  }
  const differences = async (ruleset: IptablesRuleset) =>
    reportDifferences(
      { rules: [kernelRules(ruleset, 'IPv4', await ipv4.save())] },
      { rules: [desiredRules(ruleset, 'IPv4')] },
    )
  /** The lines of iptables-save that match, without their counters. */
  const lines = async (pattern: RegExp) => {
    const saved = await ipv4.save()
    return saved
      .replaceAll(/ \[\d+:\d+\]$/gm, '')
      .split('\n')
      .filter((line) => pattern.test(line))
  }

  test.each(families)('%s with all that can be on reads back as no difference, whole or by updates', async (family) => {
    const tool = iptablesTool(namespace.run, family, variant)
    const [empty, full] = [rulesetOf([], family), rulesetOf(withWeb, family)]
    const fragment = full.fragments.get('lab/web')
    if (fragment === undefined) throw new Error('the service has rules')
    expect(await sync(full, tool)).not.toBe('')
    expect(await planSync(full, tool)).toBe('')
    await tool.restore(renderUpdate(full.fragments, [{ key: 'lab/web', before: fragment }]))
    expect(await planSync(empty, tool)).toBe('')
    await tool.restore(renderUpdate(empty.fragments, [{ key: 'lab/web', after: fragment }]))
    expect(await planSync(full, tool)).toBe('')
  })

  test('KUBE-FIREWALL as a kubelet keeps it stays byte for byte, through sync and cleanup', async () => {
    await ipv4.restore(
      [
        '*filter',
        ':KUBE-FIREWALL -',
        marked,
        guard,
        '-A INPUT -j KUBE-FIREWALL',
        '-A OUTPUT -j KUBE-FIREWALL',
        'COMMIT',
        '',
      ].join('\n'),
    )
    const before = await lines(ofFirewall)
    const ruleset = rulesetOf(withWeb)
    expect(await sync(ruleset)).not.toContain('KUBE-FIREWALL')
    expect(await differences(ruleset)).toEqual([])
    expect(await lines(ofFirewall)).toEqual(before)
    expect((await cleanup()).kept).toEqual(['KUBE-FIREWALL'])
    expect(await lines(ofFirewall)).toEqual(before)
  })

  test('what KUBE-FIREWALL lacks is inserted, and what it has twice is left to whoever put it there', async () => {
    const jump = '-A OUTPUT -j KUBE-FIREWALL'
    await ipv4.restore(['*filter', ':KUBE-FIREWALL -', marked, jump, jump, 'COMMIT', ''].join('\n'))
    const ruleset = rulesetOf([])
    expect(sectionsOf(await differences(ruleset))).toContain('filter KUBE-FIREWALL')
    await sync(ruleset)
    const after = await lines(ofFirewall)
    expect(after).toEqual([':KUBE-FIREWALL -', '-A INPUT -j KUBE-FIREWALL', jump, jump, guard, marked])
    expect(await differences(ruleset)).toEqual([])
    expect(await planSync(ruleset)).toBe('')
  })

  test('KUBE-FIREWALL is made where it is missing, and outlives cleanup with its rule and jumps', async () => {
    await sync(rulesetOf(withWeb))
    expect((await cleanup()).kept).toEqual(['KUBE-FIREWALL'])
    const left = [':KUBE-FIREWALL -', '-A INPUT -j KUBE-FIREWALL', '-A OUTPUT -j KUBE-FIREWALL', guard]
    expect(await lines(ofFirewall)).toEqual(left)
    expect(await lines(/KUBE-(?!FIREWALL)/)).toEqual([])
    expect(await cleanup()).toEqual({ document: '', leading: [], kept: ['KUBE-FIREWALL'] })
  })

  test('a KUBE-FIREWALL that appears between reading and writing is not emptied: the write fails, the next is right', async () => {
    const stale = await planSync(rulesetOf([]))
    await ipv4.restore(['*filter', ':KUBE-FIREWALL -', marked, 'COMMIT', ''].join('\n'))
    await expect(ipv4.restore(stale)).rejects.toThrow('failed with exit code')
    expect(await lines(ofFirewall)).toEqual([':KUBE-FIREWALL -', marked])
    await sync(rulesetOf([]))
    expect(await planSync(rulesetOf([]))).toBe('')
  })

  test('the canary tells that everything was flushed; the kubelet’s hint beside it is left alone', async () => {
    const hint = '*mangle\n:KUBE-IPTABLES-HINT -\n-A KUBE-IPTABLES-HINT -j RETURN\nCOMMIT\n'
    await ipv4.restore(hint)
    const before = await lines(/HINT/)
    expect(await ipv4.hasCanary()).toBe(false)
    await sync(rulesetOf(withWeb))
    expect(await ipv4.hasCanary()).toBe(true)
    expect(await lines(/CANARY/)).toEqual(Array(3).fill(':KUBE-PROXY-CANARY -'))

    for (const table of ['filter', 'nat', 'mangle']) {
      for (const flag of ['-F', '-X']) await namespace.run(`iptables-${variant}`, ['-t', table, flag])
    }
    expect(await ipv4.hasCanary()).toBe(false)
    await ipv4.restore(hint)
    await sync(rulesetOf(withWeb))
    expect(await ipv4.hasCanary()).toBe(true)
    expect(await differences(rulesetOf(withWeb))).toEqual([])

    await namespace.run(`iptables-${variant}`, ['-t', 'mangle', '-X', 'KUBE-PROXY-CANARY'])
    expect(sectionsOf(await differences(rulesetOf(withWeb)))).toEqual(['mangle KUBE-PROXY-CANARY'])
    await sync(rulesetOf(withWeb))
    await cleanup()
    expect(await lines(/CANARY/)).toEqual([])
    expect(await lines(/HINT/)).toEqual(before)
  })

  test('cleanup of a kernel that has nothing of ours writes nothing', async () => {
    await ipv4.restore('*filter\n:MINE -\n-A INPUT -j MINE\nCOMMIT\n')
    const before = await lines(allChains)
    expect(await cleanup()).toEqual({ document: '', leading: [], kept: [] })
    expect(await lines(allChains)).toEqual(before)
  })

  test('counters: made once, kept while a rule names them, and made anew when somebody has deleted them', async () => {
    expect(await ensureCounters(namespace.run)).toEqual(counterNames)
    await sync(rulesetOf(withWeb))
    expect(await deleteCounters(namespace.run)).toEqual([])
    await cleanup()
    expect(await deleteCounters(namespace.run)).toEqual(counterNames)
    expect(await listCounters(namespace.run)).toEqual([])

    const document = await planSync(rulesetOf(withWeb))
    const tool = remakingCounters(ipv4, namespace.run)
    await expect(tool.restore(document)).rejects.toThrow('failed with exit code')
    await tool.restore(await planSync(rulesetOf(withWeb)))
    expect(await planSync(rulesetOf(withWeb))).toBe('')
  })
})

function sectionsOf(groups: readonly ReportGroup[]): readonly string[] {
  return groups.flatMap(({ sections }) => sections.map(({ section }) => section))
}
