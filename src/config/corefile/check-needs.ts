import type { Problems } from './problem.ts'
import type { ReadBlock } from './server-block.ts'

/** Plugins that work through the plugin kubernetes of their block. */
export function checkNeeds({ plugins }: ReadBlock, problems: Problems): void {
  if (plugins.some(({ plugin }) => plugin.name === 'kubernetes')) return
  for (const { plugin, line } of plugins) {
    if (plugin.name === 'k8s_external') {
      problems.add(line.name, 'k8s_external needs the plugin kubernetes in the same server block')
    }
    if (plugin.name === 'autopath' && plugin.searchList.kind === 'kubernetes') {
      problems.add(
        line.words.at(-1) ?? line.name,
        'autopath @kubernetes needs the plugin kubernetes in the same server block',
      )
    }
  }
}
