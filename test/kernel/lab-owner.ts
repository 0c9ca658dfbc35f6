/**
 * A process that makes a lab and waits for a signal, for the tests of what such a process leaves behind:
 * `lab-owner PREFIX` prints one line of JSON, the name of its lab and the id of a process that runs inside.
 */
import { createLab } from '../../src/host/lab/lab.ts'

const [prefix = ''] = process.argv.slice(2)
const lab = await createLab({ prefix, backends: 1, families: ['IPv4'], destroyOnSignals: true })
// Unlike a peer it would go on when its owner is gone.
const { pid } = lab.spawn('backend1', 'sleep', ['600'])
console.log(JSON.stringify({ name: lab.name, pid }))
