import type { Summary } from '../../host/lab/summary.ts'

/** One line per backend: its connections, its share, the share expected of it, and a bar. */
export function spreadLines(summary: Summary, backends: readonly string[]): readonly string[] {
  const total = Object.values(summary.servers).reduce((sum, count) => sum + count, 0)
  const expected = percent(1 / backends.length)
  const lines = backends.map((name) => {
    const share = (summary.servers[name] ?? 0) / Math.max(total, 1)
    const count = String(summary.servers[name] ?? 0).padStart(4)
    return `  ${name}  ${count}  ${percent(share)}  expected ${expected}  ${'#'.repeat(Math.round(share * 60))}`
  })
  const failed = Object.entries({ refused: summary.refused, 'timed out': summary.timeouts, ...summary.errors })
  return [...lines, ...failed.filter(([, count]) => count > 0).map(([what, count]) => `  ${what}: ${count}`)]
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`.padStart(7)
}
