import { used } from '../field-spec.ts'
import { flag, text } from '../kind.ts'

/** What kube-proxy does in place of running, and we do otherwise or not at all. */
export const refusedFields = {
  '--cleanup': used(flag, 'cleanup', '[bool]', 'use the command cleanup'),
  '--write-config-to': used(text(), 'write-config-to', '<path>', 'see docs/configuration.md for the defaults'),
}
