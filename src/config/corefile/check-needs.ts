import type { Kubernetes } from './plugins/kubernetes.ts'
import type { Problems } from './problem.ts'
import type { ReadBlock } from './server-block.ts'

/** Plugins that work through the plugin kubernetes of their block. */
export function checkNeeds({ plugins }: ReadBlock, problems: Problems): void {
  const kubernetes = plugins.map(({ plugin }) => plugin).find((plugin) => plugin.name === 'kubernetes')
  for (const { plugin, line } of plugins) {
    if (plugin.name === 'k8s_external' && kubernetes === undefined) {
      problems.add(line.name, 'k8s_external needs the plugin kubernetes in the same server block')
    }
    if (plugin.name === 'autopath' && plugin.searchList.kind === 'kubernetes') {
      const problem = whyNoAutopath(kubernetes)
      if (problem !== undefined) problems.add(line.words.at(-1) ?? line.name, `autopath @kubernetes ${problem}`)
    }
  }
}

function whyNoAutopath(kubernetes: Kubernetes | undefined): string | undefined {
  if (kubernetes === undefined) return 'needs the plugin kubernetes in the same server block'
  if (kubernetes.pods === 'verified') return undefined
  return `needs the option pods verified of kubernetes, got pods ${kubernetes.pods}`
}
