/**
 * A line of JSON as klog writes it, for whatever reads the logs of Kubernetes:
 * `I1121 11:52:34.123000    4711 pointsman] "programmed" family="IPv4" services=12`. Times are UTC. Nothing in it can end the
 * line or reach a terminal as a control character.
 */
export function textLine(json: string, pid: number): string {
  const line: Readonly<Record<string, unknown>> = JSON.parse(json)
  const { level, time, msg, ...fields } = line
  const [, month = '', day = '', clock = ''] = /^\d+-(\d\d)-(\d\d)T([\d:.]+)Z$/.exec(String(time)) ?? []
  const words = Object.entries(fields).map(([name, value]) => ` ${name}=${quoted(value)}`)
  return `${letterOf(level)}${month}${day} ${clock}000 ${String(pid).padStart(7)} pointsman] ${quoted(msg ?? '')}${words.join('')}\n`
}

/** klog knows no other. */
function letterOf(level: unknown): string {
  switch (level) {
    case 'warn':
      return 'W'
    case 'error':
    case 'fatal':
      return 'E'
    default:
      return 'I'
  }
}

/** Numbers stay bare, texts are quoted, all else is JSON. */
function quoted(value: unknown): string {
  // What JSON leaves as it is: DEL, the control characters above ASCII, line separators, and what turns text around.
  return (JSON.stringify(value) ?? '').replaceAll(
    /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
