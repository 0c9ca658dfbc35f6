import { stat } from 'node:fs/promises'
import type { Command } from 'commander'
import manifest from '../../package.json' with { type: 'json' }
import { Agent } from '../agent/agent.ts'
import { applyKernelSettings } from '../agent/kernel-settings.ts'
import { ConfigWatch } from '../agent/config-watch.ts'
import { RequestMetrics } from '../agent/request-metrics.ts'
import { familyMismatches } from '../config/family-mismatch.ts'
import type { Settings } from '../config/settings.ts'
import { describeUnused } from '../config/unused-settings.ts'
import { createLog, type Log } from '../host/log.ts'
import { optional } from '../model/optional.ts'
import { agentSettings, logOptions, rulesetOptions } from './agent-settings.ts'
import { clusterCredentials } from './cluster-credentials.ts'
import { clusterSource } from './cluster-source.ts'
import { eventRecorder } from './event-recorder.ts'
import { dnsServiceOptions, type DnsOptions } from './dns-options.ts'
import { faceSettings } from './face-settings.ts'
import { Failure } from './failure.ts'
import { checkObserve, observedKernel } from './observe.ts'
import { addClusterOptions, addNodeLocalOption, parseListen, parseWorkers, type ClusterOptions } from './options.ts'
import { modes } from './modes.ts'
import { unusedFlags } from './setting-options.ts'
import { hasFile, readSettings } from './settings.ts'

interface RunOptions extends ClusterOptions, DnsOptions {
  readonly proxy: boolean
  readonly observe?: boolean
}

export function addRun(program: Command): void {
  const command = program
    .command('run')
    .description('keep this node true: watch the cluster, program the kernel, answer DNS, until a signal')
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
  refuseTakenAddresses(options, settings)
  const dns = await dnsServiceOptions(options)
  const ruleset = rulesetOptions(settings)
  const start = modes[settings.mode ?? 'iptables']
  const dryRun = options.dryRun ?? false
  const log = createLog(logOptions(settings))
  const { signal, hurry } = stopSignals()
  log.info({ node: ruleset.nodeName, version: manifest.version }, 'starting')
  logNotes(settings, log)
  const writes = options.proxy && !observe
  if (writes) await applyKernelSettings(settings, log, dryRun)
  const backends = async () => (writes ? start(settings, log, dryRun) : [])
  if (settings['--init-only'] === true) {
    // With the rest of what needs privileges: what a run does before its first rule.
    await backends()
    return
  }
  const from = (await clusterCredentials(options, settings)) ?? options.filename ?? []
  const { nodeName } = ruleset
  const requests = new RequestMetrics()
  const events = eventRecorder(from, nodeName, log)
  const agent = new Agent(
    clusterSource(from, { settings, nodeName, corefile: dns?.corefile, onRequest: requests.onRequest }, log),
    {
      ruleset,
      ...(observe && { observed: await observedKernel(settings) }),
      backends: await backends(),
      // Whoever observes leaves the node's DNS to those who have it, unless he is told where to answer.
      ...optional('dns', observe && options.dnsListen === undefined ? undefined : dns),
      ...optional('events', events),
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

function refuseTakenAddresses({ nodeLocalDns }: RunOptions, { mode }: Settings): void {
  if (nodeLocalDns !== true || mode !== 'ipvs') return
  throw new Failure(
    '--node-local-dns takes the cluster IPs of kube-dns, whose packets IPVS has before anybody who listens; ' +
      'with --mode ipvs name the link-local address alone: --node-local-dns 169.254.20.10',
  )
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
