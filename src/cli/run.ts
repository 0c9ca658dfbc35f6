import { stat } from 'node:fs/promises'
import type { Command } from 'commander'
import manifest from '../../package.json' with { type: 'json' }
import { Agent, type AgentOptions } from '../agent/agent.ts'
import { remakingCounters } from '../agent/counters.ts'
import { blockLines, detectVariant, iptablesTool, type IptablesTool } from '../agent/iptables-tool.ts'
import { ensureKernelFacts, observedKernelFacts, readKernelFacts } from '../agent/kernel-facts.ts'
import { applyKernelSettings } from '../agent/kernel-settings.ts'
import { ConfigWatch } from '../agent/config-watch.ts'
import { RequestMetrics } from '../agent/request-metrics.ts'
import { routeLocalnet } from '../agent/route-localnet.ts'
import { familyMismatches } from '../config/family-mismatch.ts'
import type { Settings } from '../config/settings.ts'
import { describeUnused } from '../config/unused-settings.ts'
import { runCommand } from '../host/command.ts'
import { kernelFamilies } from '../host/kernel-families.ts'
import { createLog, type Log } from '../host/log.ts'
import { optional } from '../model/optional.ts'
import type { Family } from '../net/family.ts'
import { opensLocalhost } from '../plan/localhost-node-ports.ts'
import { agentSettings, iptablesOptions, logOptions } from './agent-settings.ts'
import { clusterCredentials } from './cluster-credentials.ts'
import { clusterSource } from './cluster-source.ts'
import { eventRecorder } from './event-recorder.ts'
import { dnsServiceOptions, type DnsOptions } from './dns-options.ts'
import { faceSettings } from './face-settings.ts'
import { Failure } from './failure.ts'
import { nodeLocalDnsOptions } from './node-local.ts'
import { checkObserve, readingTool } from './observe.ts'
import {
  addClusterOptions,
  addNodeLocalOption,
  parseListen,
  parseWorkers,
  type ClusterOptions,
  type NodeLocalOptions,
} from './options.ts'
import { print } from './output.ts'
import { unusedFlags } from './setting-options.ts'
import { hasFile, readSettings } from './settings.ts'

interface RunOptions extends ClusterOptions, DnsOptions, NodeLocalOptions {
  readonly proxy: boolean
  readonly dryRun?: boolean
  readonly dnsAfterRules?: true
  readonly observe?: boolean
}

export function addRun(program: Command): void {
  const command = program
    .command('run')
    .description('keep this node true: watch the files, program the kernel, answer DNS, until a signal')
  addNodeLocalOption(addClusterOptions(command))
    .option('--corefile <path>', 'serve DNS as this Corefile says, or the ConfigMap that holds one')
    .option(
      '--dns-listen <address:port>',
      'answer DNS here and nowhere else, over UDP and TCP (repeatable; default 127.0.0.1:53, or as --corefile says)',
      parseListen,
    )
    .option('--dns-workers <count>', 'threads that answer DNS, 1 to 64', parseWorkers, 1)
    .option('--dns-after-rules', 'answer for a Service only what its rules in the kernel lead to')
    .option('--no-dns', 'answer no DNS')
    .option('--no-proxy', 'program no rules')
    .option('--dry-run', 'print each update instead of applying it')
    .option('--observe', 'write nothing: compare the kernel, which somebody else programs, and report what differs')
    .addHelpText('after', `\n${unusedFlags()}`)
    .action(run)
}

async function run(options: RunOptions): Promise<void> {
  refuseContradictions(options)
  const settings = await readSettings(options)
  const { observe = false } = options
  if (observe) checkObserve(options, settings)
  const dns = await dnsServiceOptions(options)
  const ruleset = iptablesOptions(settings)
  const log = createLog(logOptions(settings))
  const { signal, hurry } = stopSignals()
  log.info({ node: ruleset.nodeName, version: manifest.version }, 'starting')
  logNotes(settings, log)
  if (options.proxy && !observe) await applyKernelSettings(settings, log, options.dryRun ?? false)
  if (settings['--init-only'] === true) return options.proxy ? initialize(options, settings, log) : undefined
  const from = (await clusterCredentials(options, settings)) ?? options.filename ?? []
  const { nodeName } = ruleset
  const requests = new RequestMetrics()
  const events = eventRecorder(from, nodeName, log)
  const agent = new Agent(
    clusterSource(from, { settings, nodeName, corefile: dns?.corefile, onRequest: requests.onRequest }, log),
    {
      ...(await proxyOptions(options, settings, log)),
      // Whoever observes leaves the node's DNS to those who have it, unless he is told where to answer.
      ...optional(
        'dns',
        observe && options.dnsListen === undefined
          ? undefined
          : dns && { ...dns, ...optional('afterRules', options.dnsAfterRules) },
      ),
      observe,
      ...optional('events', events),
      ...optional('nodeLocalDns', nodeLocalDnsOptions(options)),
      ...agentSettings(settings),
      face: faceSettings(settings, requests),
    },
    log,
  )
  process.on('SIGUSR1', () => void agent.reload())
  const config = await watchConfig(options, settings, log)
  try {
    const restart = Promise.race([agent.leaving, ...(config ? [config.changed] : [])]).then((why) => ({ why }))
    const ended = await Promise.race([agent.start().then(() => signal), signal, restart])
    if (typeof ended === 'string') log.info({ signal: ended }, 'stopping; the rules stay')
    else {
      log.warn(`${ended.why}; stopping, so that a new start takes it over; the rules stay`)
      // As kube-proxy does.
      process.exitCode = 1
    }
  } finally {
    config?.close()
    await agent.stop(hurry)
    await events?.close()
  }
}

function refuseContradictions({ dns, proxy, nodeLocalDns, dnsAfterRules }: RunOptions): void {
  if (nodeLocalDns !== undefined && !dns) {
    throw new Failure('--node-local-dns answers DNS, so it cannot go with --no-dns')
  }
  if (dnsAfterRules === true && !(dns && proxy)) {
    throw new Failure(
      `--dns-after-rules has names wait for rules, so it cannot go with ${dns ? '--no-proxy' : '--no-dns'}`,
    )
  }
}

/** The rest of what needs privileges: what a run does before its first rule. */
async function initialize(options: RunOptions, settings: Settings, log: Log): Promise<void> {
  await proxyOptions(options, settings, log)
}

/** Undefined without a file, and where it is a pipe, which can be read but once. */
async function watchConfig(options: RunOptions, settings: Settings, log: Log): Promise<ConfigWatch | undefined> {
  const { config: path } = options
  if (!hasFile(path) || !(await stat(path)).isFile()) return undefined
  const watch = new ConfigWatch(path, async () => JSON.stringify(await readSettings(options)), log)
  await watch.start(JSON.stringify(settings))
  return watch
}

/** The first signal to stop, and the second, which says not to wait. */
function stopSignals(): { readonly signal: Promise<NodeJS.Signals>; readonly hurry: AbortSignal } {
  const { promise: signal, resolve } = Promise.withResolvers<NodeJS.Signals>()
  const hurry = new AbortController()
  let stopping = false
  // For good, not once: without a listener the next signal would end us in the middle of a stop.
  for (const name of ['SIGTERM', 'SIGINT'] as const) {
    process.on(name, () => {
      if (stopping) hurry.abort()
      stopping = true
      resolve(name)
    })
  }
  return { signal, hurry: hurry.signal }
}

function logNotes(settings: Settings, log: Log): void {
  for (const mismatch of familyMismatches(settings)) log.warn(mismatch)
  const unused = describeUnused(settings)
  if (unused !== undefined) log.info(unused)
}

/** How the rules reach the kernel, after it has been made ready for them. */
async function proxyOptions(
  options: RunOptions,
  settings: Settings,
  log: Log,
): Promise<Pick<AgentOptions, 'ruleset' | 'tools'>> {
  const ruleset = iptablesOptions(settings)
  if (!options.proxy) return { ruleset, tools: [] }
  if (options.observe === true) {
    const tools = (await kernelTools(false)).map((each) => ({ ...each, tool: readingTool(each.tool) }))
    return { ruleset: { ...ruleset, kernel: await observedKernelFacts() }, tools }
  }
  const dryRun = options.dryRun ?? false
  const kernel = await (dryRun ? readKernelFacts(runCommand) : ensureKernelFacts(runCommand, log))
  const tools = await kernelTools(dryRun)
  const { localhostNodePorts = false, nodePortNetworks } = ruleset
  for (const tool of tools) {
    if (opensLocalhost(localhostNodePorts, nodePortNetworks, tool.family)) await routeLocalnet(tool, log)
  }
  return { ruleset: { ...ruleset, kernel }, tools }
}

async function kernelTools(dryRun: boolean): Promise<AgentOptions['tools']> {
  const variant = await detectVariant(runCommand)
  return kernelFamilies().map((family) => {
    const tool = iptablesTool(runCommand, family, variant)
    return {
      family,
      tool: dryRun ? printing(tool, family) : remakingCounters(tool, runCommand),
      dryRun,
      blockLines: blockLines[variant],
    }
  })
}

function printing(tool: IptablesTool, family: Family): IptablesTool {
  return {
    save: () => tool.save(),
    restore: (document) => print(`# iptables-${family.toLowerCase()}.rules\n${document}`),
    // What was never written cannot have been flushed.
    hasCanary: async () => true,
  }
}
