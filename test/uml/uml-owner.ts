/** A process that boots a kernel and waits for its death, for the test of what it leaves: prints `ready` when it has. */
import { bootUml } from '../../src/host/lab/uml/uml-machine.ts'

await bootUml()
console.log('ready')
