import { setTimeout as delay } from 'node:timers/promises'
import { addressOf, type Place } from '../../src/host/lab/addresses.ts'
import type { Lab } from '../../src/host/lab/lab.ts'
import type { Server } from '../../src/host/lab/peers.ts'
import { Field } from '../../src/model/field.ts'
import { timestampOf } from '../../src/model/timestamp.ts'
import type { TestApiServer } from './api-server.ts'
import { hasUdpFlows, isLedTo, podPort } from './node-kernel.ts'

const lookMilliseconds = 100

interface RunningPod {
  readonly place: Place
  readonly server: Server
}

/**
 * Stands in for the kubelets of all nodes, and for the scheduler: it binds pods that have no node to `nodes` in turn, runs
 * a server for each pod in a place of the lab, says that it is ready, and lets a pod that is deleted go on until the kernel of
 * the node leads nobody to it, or its grace is over.
 */
export class TestKubelet implements AsyncDisposable {
  readonly #server: TestApiServer
  readonly #lab: Lab
  readonly #nodes: readonly string[]
  /** Those that no pod has; the one that was given back longest ago comes first. */
  readonly #free: Place[]
  readonly #pods = new Map<string, RunningPod>()
  readonly #busy = new Map<string, Promise<void>>()
  readonly #held = new Set<string>()
  readonly #stopped = new AbortController()
  readonly #running: Promise<void>
  #bound = 0

  constructor(server: TestApiServer, lab: Lab, nodes: readonly string[], places: readonly Place[]) {
    this.#server = server
    this.#lab = lab
    this.#nodes = nodes
    this.#free = [...places]
    this.#running = this.#run()
  }

  /** Keeps pods of this name prefix alive when they are deleted, until {@link release}. */
  hold(prefix: string): void {
    this.#held.add(prefix)
  }

  release(prefix: string): void {
    this.#held.delete(prefix)
  }

  async setReady(namespace: string, name: string, ready: boolean): Promise<void> {
    await this.#server.call('PATCH', `/api/v1/namespaces/${namespace}/pods/${name}/status`, {
      status: { conditions: [readyCondition(ready)] },
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped.abort()
    await this.#running
    await Promise.allSettled(this.#busy.values())
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopped
    while (!signal.aborted) {
      // Without an API server it asks again, as a kubelet does.
      await this.#look().catch(() => undefined)
      await delay(lookMilliseconds, undefined, { signal }).catch(() => undefined)
    }
  }

  async #look(): Promise<void> {
    const pods = new Field(await this.#server.call('GET', '/api/v1/pods')).get('items').items()
    for (const pod of pods) {
      const uid = pod.get('metadata').get('uid').text() ?? ''
      if (this.#busy.has(uid)) continue
      const work = this.#keep(uid, pod).catch(() => undefined)
      this.#busy.set(uid, work)
      void work.then(() => this.#busy.delete(uid))
    }
  }

  async #keep(uid: string, pod: Field): Promise<void> {
    const deletion = timestampOf(pod.get('metadata').get('deletionTimestamp'))
    if (deletion !== undefined) await this.#end(uid, pod, deletion)
    else if ((pod.get('spec').get('nodeName').text() ?? '') === '') await this.#bind(pod)
    else if (!this.#pods.has(uid)) await this.#begin(uid, pod)
    else if (pod.get('status').get('phase').value === 'Pending') await this.#report(uid, pod)
  }

  async #bind(pod: Field): Promise<void> {
    const name = this.#nodes[this.#bound++ % this.#nodes.length]
    await this.#server.call('POST', `${pathOf(pod)}/binding`, {
      apiVersion: 'v1',
      kind: 'Binding',
      metadata: { name: nameOf(pod) },
      target: { apiVersion: 'v1', kind: 'Node', name },
    })
  }

  async #begin(uid: string, pod: Field): Promise<void> {
    const place = this.#free.shift()
    // The next look may find a place that was given back.
    if (place === undefined) return
    const listen = { name: nameOf(pod), tcp: [podPort], udp: [podPort] }
    this.#pods.set(uid, { place, server: await this.#lab.serve(place, listen) })
    await this.#report(uid, pod)
  }

  async #report(uid: string, pod: Field): Promise<void> {
    const place = this.#pods.get(uid)?.place
    if (place === undefined) return
    const ips = this.#lab.families.map((family) => addressOf(place, family))
    await this.#server.call('PATCH', `${pathOf(pod)}/status`, {
      status: {
        phase: 'Running',
        podIP: ips[0],
        podIPs: ips.map((ip) => ({ ip })),
        conditions: [readyCondition(true)],
      },
    })
  }

  async #end(uid: string, pod: Field, deletionSeconds: number): Promise<void> {
    const running = this.#pods.get(uid)
    if (running !== undefined) {
      if ([...this.#held].some((prefix) => nameOf(pod).startsWith(prefix))) return
      if (Date.now() < deletionSeconds * 1000 && !(await this.#hasDrained(running, pod))) return
      await running.server.stop()
      this.#pods.delete(uid)
      this.#free.push(running.place)
    }
    await this.#server.call('DELETE', pathOf(pod), {
      apiVersion: 'v1',
      kind: 'DeleteOptions',
      gracePeriodSeconds: 0,
      preconditions: { uid },
    })
  }

  /** Whether the kernel sends nobody there. UDP clients stay with a pod that serves, so it says that it does not any more. */
  async #hasDrained({ place }: RunningPod, pod: Field): Promise<boolean> {
    if (await isLedTo(this.#lab, place)) return false
    if (isReady(pod)) await this.setReady(namespaceOf(pod), nameOf(pod), false)
    if (await hasUdpFlows(this.#lab, place)) return false
    // It has answered whoever came before us.
    await this.#lab.connect('node', { protocol: 'tcp', address: addressOf(place, 'IPv4'), port: podPort, count: 1 })
    return true
  }
}

/** Whether its condition Ready is true; the API server itself sets others. */
export function isReady(pod: Field): boolean {
  const conditions = pod.get('status').get('conditions').items()
  return conditions.some((each) => each.get('type').value === 'Ready' && each.get('status').value === 'True')
}

function readyCondition(ready: boolean): object {
  return { type: 'Ready', status: ready ? 'True' : 'False', lastTransitionTime: new Date().toISOString() }
}

function namespaceOf(pod: Field): string {
  return pod.get('metadata').get('namespace').text() ?? ''
}

function nameOf(pod: Field): string {
  return pod.get('metadata').get('name').text() ?? ''
}

function pathOf(pod: Field): string {
  return `/api/v1/namespaces/${namespaceOf(pod)}/pods/${nameOf(pod)}`
}
