import { parseAddress } from '../../net/address.ts'
import { parseCidr } from '../../net/cidr.ts'
import type { Family } from '../../net/family.ts'
import { kernelSetName, setNames, type SetName } from './ip-set.ts'

/** Reads the members of our sets of one family from what `ipset save` prints; sets of others are passed over. */
export function parseSavedSets(text: string, family: Family): ReadonlyMap<SetName, ReadonlySet<string>> {
  const byKernelName = new Map(setNames.map((name) => [kernelSetName(name, family), name]))
  const saved = new Map<SetName, string[]>()
  for (const line of text.split('\n')) {
    const [command, kernelName = '', member = ''] = line.split(' ')
    const name = byKernelName.get(kernelName)
    if (name === undefined) continue
    if (command === 'create') saved.set(name, [])
    if (command === 'add') saved.get(name)?.push(canonical(member))
  }
  const present = setNames.flatMap((name) => {
    const members = saved.get(name)
    return members === undefined ? [] : [[name, new Set(members.sort())] as const]
  })
  return new Map(present)
}

/** With addresses as we write them: inet_ntop(3), which the tool asks, prints `::c000:207` as `::192.0.2.7`. */
function canonical(member: string): string {
  return member
    .split(',')
    .map((part) => parseAddress(part) ?? parseCidr(part)?.text ?? part)
    .join(',')
}
