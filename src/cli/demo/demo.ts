import type { Command } from 'commander'
import { demoWithRoot } from './with-root.ts'
import { demoWithoutRoot } from './without-root.ts'

export function addDemo(program: Command): void {
  program
    .command('demo')
    .description('the whole thing on this machine, in network namespaces of its own that are removed at the end')
    .action(() => (process.getuid?.() === 0 ? demoWithRoot() : demoWithoutRoot()))
}
