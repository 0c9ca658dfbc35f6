import { readFileSync } from 'node:fs'

/** A table of questions, and how they are answered. `default.txt` shows how one is written. */
export interface CaseTable {
  /** The Corefile that the answers come from. */
  readonly corefile: string
  /** The SOA of denials by zone, `cluster.local. 5 SOA ns.dns.cluster.local.`. */
  readonly soas: readonly string[]
  readonly cases: readonly Case[]
}

export interface Case {
  readonly line: number
  /** `front.web.svc.cluster.local` */
  readonly name: string
  readonly type: string
  readonly rcode: string
  readonly answer: readonly string[]
  readonly authority: readonly string[]
  readonly additional: readonly string[]
  /** CoreDNS answers otherwise; the words with which docs/dns.md begins to tell why. */
  readonly differs?: string
}

export function readCaseTable(path: string): CaseTable {
  const text = readFileSync(path, 'utf8')
  const [head = '', corefile = ''] = /^(?:#.*\n|\n)*([^]*?\n}\n)/.exec(text) ?? []
  const lines = text.slice(head.length).split('\n')
  const soas = lines.filter((line) => / \d+ SOA /.test(line))
  const first = head.split('\n').length
  const starts = lines.flatMap((line, i) => (/^[^\s#]/.test(line) && !soas.includes(line) ? [i] : []))
  const cases = starts.map((start, i) =>
    readCase(lines[start] ?? '', lines.slice(start + 1, starts[i + 1]), soas, first + start),
  )
  return { corefile, soas, cases }
}

function readCase(question: string, lines: readonly string[], soas: readonly string[], line: number): Case {
  const [name = '', type = '', rcode = 'NOERROR'] = question.split(' ')
  const about = (prefix: RegExp): readonly string[] =>
    lines.flatMap((text) => (prefix.test(text) ? [text.replace(prefix, '')] : []))
  const [differs] = about(/^ {2}differs: /)
  const denied = rcode === 'NODATA' || rcode === 'NXDOMAIN' || rcode === 'SERVFAIL'
  return {
    line,
    name,
    type,
    rcode: rcode === 'NODATA' ? 'NOERROR' : rcode,
    answer: about(/^ {2}(?!\+ |differs: )(?=\S)/),
    authority: denied ? soaOf(soas, name) : [],
    additional: about(/^ {2}\+ /),
    ...(differs !== undefined && { differs }),
  }
}

/** The SOA of the longest zone that the name lies in. */
function soaOf(soas: readonly string[], name: string): readonly string[] {
  const ofName = soas.filter((soa) => `.${name.toLowerCase()}.`.endsWith(`.${soa.split(' ')[0] ?? ''}`))
  return ofName.sort((a, b) => b.indexOf(' ') - a.indexOf(' ')).slice(0, 1)
}
