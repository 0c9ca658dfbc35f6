import { Option, type Command } from 'commander'
import type { ModeName } from '../modes.ts'
import { demoWithRoot } from './with-root.ts'
import { demoWithoutRoot } from './without-root.ts'

interface DemoOptions {
  readonly mode: ModeName
}

export function addDemo(program: Command): void {
  program
    .command('demo')
    .description('the whole thing on this machine, in network namespaces of its own that are removed at the end')
    .addOption(
      new Option(
        '--mode <mode>',
        'how services reach the kernel; without IPVS in this kernel, ipvs boots one that has it (user-mode-linux)',
      )
        .choices(['iptables', 'ipvs'])
        .default('iptables'),
    )
    .action(({ mode }: DemoOptions) => (process.getuid?.() === 0 ? demoWithRoot(mode) : demoWithoutRoot(mode)))
}
