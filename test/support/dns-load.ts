import { text } from 'node:stream/consumers'
import type { Lab } from '../../src/host/lab/lab.ts'
import type { Place } from '../../src/host/lab/addresses.ts'

/** What came of many queries. */
export interface DnsLoad {
  readonly sent: number
  /** Without an answer within 5 s. */
  readonly lost: number
  /** Answers by code, e.g. `{ NOERROR: 5000 }`. */
  readonly codes: Readonly<Record<string, number>>
}

/** Asks for the names of a file, `name type` in each line, so many times a second, over UDP, until it is stopped. */
export function askNames(
  lab: Lab,
  place: Place,
  { server, names, perSecond }: { readonly server: string; readonly names: string; readonly perSecond: number },
): { stop(): Promise<DnsLoad> } {
  const child = lab.spawn(place, 'dnsperf', [
    '-s',
    server,
    '-d',
    names,
    '-c',
    '4',
    '-Q',
    String(perSecond),
    '-l',
    '600',
  ])
  const printed = Promise.all([text(child.stdout), text(child.stderr)])
  return {
    async stop() {
      child.kill('SIGINT')
      return readReport((await printed).join('\n'))
    },
  }
}

function readReport(report: string): DnsLoad {
  const figure = (name: string) => Number(new RegExp(`${name}: +(\\d+)`).exec(report)?.[1])
  const codes = /Response codes: +(.*)/.exec(report)?.[1] ?? ''
  return {
    sent: figure('Queries sent'),
    lost: figure('Queries lost'),
    codes: Object.fromEntries([...codes.matchAll(/(\w+) (\d+)/g)].map(([, code = '', count]) => [code, Number(count)])),
  }
}
