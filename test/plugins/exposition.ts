/** A sample of Prometheus' text format. */
export interface Sample {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

/**
 * Reads Prometheus' text format, strictly: each metric has HELP and TYPE in front and all its samples together, and no
 * sample stands there twice. Source: prometheus.io, Exposition formats, version 0.0.4.
 */
export function readExposition(text: string): {
  readonly types: ReadonlyMap<string, string>
  readonly samples: readonly Sample[]
} {
  const types = new Map<string, string>()
  const samples: Sample[] = []
  const seen = new Set<string>()
  let family = ''
  for (const line of text.split('\n')) {
    const [, helped] = /^# HELP (\w+) \S.*$/.exec(line) ?? []
    const [, typed, type = ''] = /^# TYPE (\w+) (counter|gauge|histogram)$/.exec(line) ?? []
    if (helped !== undefined) family = helped
    else if (typed !== undefined) {
      if (typed !== family || types.has(typed)) throw new SyntaxError(`Misplaced: ${line}`)
      types.set(typed, type)
    } else if (line !== '') samples.push(readSample(line, family, types.get(family), seen))
  }
  return { types, samples }
}

function readSample(line: string, family: string, type: string | undefined, seen: Set<string>): Sample {
  const [, name = '', list = '', number = ''] =
    /^(\w+)(?:\{((?:\w+="(?:[^"\\\n]|\\[\\n"])*",?)*)\})? (\S+)$/.exec(line) ?? []
  const ending = type === 'histogram' ? name.slice(family.length) : ''
  const value = /^nan$/i.test(number) ? 0 : Number(number)
  if (name !== family + ending || !['', '_bucket', '_sum', '_count'].includes(ending) || Number.isNaN(value)) {
    throw new SyntaxError(`Not a sample of ${family}: ${line}`)
  }
  const labels = Object.fromEntries([...list.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map((m) => [m[1], m[2] ?? '']))
  const key = `${name} ${JSON.stringify(labels)}`
  if (seen.has(key)) throw new SyntaxError(`Twice: ${line}`)
  seen.add(key)
  return { name, labels, value }
}

/** `coredns_dns_requests_total counter proto,zone`, with the buckets of a histogram behind; sorted. */
export function describeMetrics(text: string): readonly string[] {
  const { types, samples } = readExposition(text)
  return [...types]
    .map(([name, type]) => {
      const own = samples.filter((sample) => sample.name === name || sample.name === `${name}_bucket`)
      const labels = Object.keys(own[0]?.labels ?? {}).filter((label) => label !== 'le')
      const buckets = new Set(own.flatMap((sample) => sample.labels['le'] ?? []))
      return [name, type, labels.sort().join(), ...buckets].join(' ').trimEnd()
    })
    .sort()
}
