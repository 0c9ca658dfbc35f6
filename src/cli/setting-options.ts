import { Option, type Command } from 'commander'
import type { UsedField } from '../config/field-spec.ts'
import { clusterFields } from '../config/fields/cluster.ts'
import { kernelFields } from '../config/fields/kernel.ts'
import { refusedFields } from '../config/fields/refused.ts'
import { ruleFields } from '../config/fields/rules.ts'
import { unusedFields } from '../config/fields/unused.ts'
import type { FlagTexts } from '../config/flag-settings.ts'
import { fields } from '../config/settings.ts'

/** What the options of this file leave in a command's options. */
export interface SettingOptions {
  /** Absent when none was given. */
  readonly flags?: FlagTexts
}

/** Adds the flags of kube-proxy that say how rules are made; the others are taken and not shown. */
export function addSettingOptions(command: Command): Command {
  for (const field of Object.values(clusterFields)) addUsed(command, field, clusterGroup)
  for (const field of Object.values(ruleFields)) addUsed(command, field, 'Rules, with the flags of kube-proxy:')
  for (const field of Object.values(kernelFields)) addUsed(command, field, kernelGroup)
  for (const { flags, kind } of [...Object.values(refusedFields), ...Object.values(unusedFields)]) {
    for (const name of flags) command.addOption(flagOption(name, kind.alone, '<value>', '').hideHelp())
  }
  return command
}

/** Of the options that say where the state of the cluster comes from. */
export const clusterGroup = 'Cluster:'

const kernelGroup = 'This node, with the flags of kube-proxy:'

/** Hides what does nothing where no agent runs. */
export function hideKernelOptions(command: Command): Command {
  for (const option of command.options) if (option.helpGroupHeading === kernelGroup) option.hideHelp()
  return command
}

/** For the end of a help: the flags that are taken and do nothing, a line for each reason. */
export function unusedFlags(): string {
  const byReason = Map.groupBy(Object.values(unusedFields), ({ reason }) => reason)
  const lines = [...byReason].flatMap(([reason, specs]) => {
    const names = specs.flatMap(({ flags }) => flags.map(dashed))
    return names.length === 0 ? [] : [`  ${names.join(' ')} (${reason})`]
  })
  return ['Taken and checked, without effect:', ...lines].join('\n')
}

/**
 * Gives flags that may stand alone their value: after commander's `--flag [value]` the next word would be taken for it
 * (`resolve --masquerade-all cart.shop`), which pflag never does.
 */
export function withValues(args: readonly string[]): readonly string[] {
  const end = args.indexOf('--')
  return args.map((arg, i) => (end === -1 || i < end ? (alone.get(arg) ?? arg) : arg))
}

const alone = new Map(
  Object.values(fields).flatMap(({ kind, flags }) =>
    kind.alone === undefined ? [] : flags.map((name) => [dashed(name), `${dashed(name)}=${kind.alone}`] as const),
  ),
)

function addUsed(command: Command, { kind, flags, placeholder, help }: UsedField<unknown>, group: string): void {
  const [first = '', ...others] = flags
  command.addOption(flagOption(first, kind.alone, placeholder, help).helpGroup(group))
  for (const name of others) {
    command.addOption(flagOption(name, kind.alone, placeholder, `the same as ${dashed(first)}`).helpGroup(group))
  }
}

/** All flags of this file are collected under one key, so that no list of names stands beside the table of fields. */
class FlagOption extends Option {
  override attributeName(): string {
    return 'flags'
  }
}

function flagOption(name: string, valueAlone: string | undefined, placeholder: string, help: string): Option {
  const spelled = name.length === 1 ? `${dashed(name)}, --${name}` : dashed(name)
  const option = new FlagOption(`${spelled} ${valueAlone === undefined ? placeholder : '[bool]'}`, help)
  // A short flag may be written -v=2.
  return option.argParser((text: string, before: FlagTexts | undefined) => {
    return new Map([...(before ?? []), [name, name.length === 1 ? text.replace(/^=/, '') : text] as const])
  })
}

function dashed(name: string): string {
  return name.length === 1 ? `-${name}` : `--${name}`
}
