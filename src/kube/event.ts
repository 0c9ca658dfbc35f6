import { Buffer } from 'node:buffer'

/** The object that an Event is about. */
export interface ObjectReference {
  readonly apiVersion: 'v1'
  readonly kind: 'Node' | 'Service'
  readonly name: string
  /** Absent for what is in none. */
  readonly namespace?: string
  /** Absent where nobody has told it: `kubectl describe` then does not show the Event with the object. */
  readonly uid?: string
}

/** Something that whoever looks at an object should know. */
export interface Happening {
  readonly regarding: ObjectReference
  readonly type: 'Normal' | 'Warning'
  /** A word for machines, e.g. `RulesRepaired`. */
  readonly reason: string
  /** What we did or tried, a word too, e.g. `Repair`. */
  readonly action: string
  /** A sentence for people. */
  readonly note: string
}

/** How often the same happened, as far as it has been told. */
export interface Series {
  readonly count: number
  readonly lastAt: number
}

/** Who tells: this program, on this node. */
export interface EventSource {
  readonly controller: string
  readonly instance: string
}

/** A Node's UID in Events is its name, as the kubelet and kube-proxy write it; `kubectl describe node` looks for both. */
export function nodeReference(name: string): ObjectReference {
  return { apiVersion: 'v1', kind: 'Node', name, uid: name }
}

/** @param key `shop/cart` */
export function serviceReference(key: string): ObjectReference {
  const [namespace = '', name = ''] = key.split('/')
  return { apiVersion: 'v1', kind: 'Service', namespace, name }
}

/** What is in no namespace has its Events in `default`. */
export function eventsPath({ namespace = 'default' }: ObjectReference): string {
  return `/apis/events.k8s.io/v1/namespaces/${namespace}/events`
}

/** An Event as `events.k8s.io/v1` takes it. Times are milliseconds since 1970. */
export function eventBody(
  happening: Happening,
  { controller, instance }: EventSource,
  name: string,
  at: number,
  series?: Series,
): object {
  const { regarding, type, reason, action, note } = happening
  return {
    apiVersion: 'events.k8s.io/v1',
    kind: 'Event',
    metadata: { name, namespace: regarding.namespace ?? 'default' },
    eventTime: microTime(at),
    reportingController: controller,
    reportingInstance: instance.slice(0, longestWord),
    type,
    reason: reason.slice(0, longestWord),
    action: action.slice(0, longestWord),
    note: shortNote(note),
    regarding,
    ...(series && { series: seriesBody(series) }),
  }
}

export function seriesBody({ count, lastAt }: Series): object {
  return { count, lastObservedTime: microTime(lastAt) }
}

/** A name that no other Event has: the object's, and a number that grows. */
export function eventName({ name }: ObjectReference, number: bigint): string {
  const suffix = number.toString(16)
  const words = name.toLowerCase().slice(0, longestName - suffix.length - 1)
  const labels = words.split('.').map((label) => label.replaceAll(/[^a-z0-9-]/g, '-').replaceAll(/^-+|-+$/g, ''))
  return [...labels.filter((label) => label !== ''), suffix].join('.')
}

// Source: the validation of Events in kubernetes/kubernetes, pkg/apis/core/validation/events.go. They are bytes.
const longestName = 253
const longestWord = 128
const longestNote = 1024

function shortNote(note: string): string {
  const bytes = Buffer.from(note)
  if (bytes.length <= longestNote) return note
  const start = bytes.subarray(0, longestNote - Buffer.byteLength('…')).toString()
  // A character that was cut in two.
  return `${start.replace(/\uFFFD$/, '')}…`
}

/** `2026-03-01T12:00:00.123000Z` */
function microTime(ms: number): string {
  return new Date(ms).toISOString().replace('Z', '000Z')
}
