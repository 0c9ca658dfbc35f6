import { runProgram } from './cli/program.ts'

// Where the kernel's tools are, for shells whose PATH has no sbin, as Debian's users have.
process.env['PATH'] = `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin`
// Whoever reads our output may leave; print() learns of it from its own write.
process.stdout.on('error', () => undefined)

process.exitCode = await runProgram(process.argv.slice(2))
