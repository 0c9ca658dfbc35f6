import type { Field } from '../../model/field.ts'
import { readAll } from '../field-errors.ts'
import { unused, used } from '../field-spec.ts'
import { duration, flag, integer, listOf, oneOf, text, type Kind } from '../kind.ts'
import { unknownField } from '../nearest-name.ts'

const log = unused('our log has no such thing')
const level = integer(0)

/** A duration, or a number of nanoseconds as older releases write it; in milliseconds. */
const flushFrequency: Kind<number> = {
  read(field) {
    if (typeof field.value !== 'number') return duration.read(field)
    return (field.integer(0, Number.MAX_SAFE_INTEGER) ?? 0) / 1e6
  },
  fromText: duration.fromText,
}

/** As Kubernetes writes sizes, e.g. `0`, `64Ki`. */
const quantity = text(/^\d+(\.\d+)?([kMGTPE]|[KMGTPE]i)?$/, 'a size in quotes, such as "0" or "64Ki"')

/** The log level of single source files, in a flag `proxier=4,server*=2`. */
const moduleLevel: Kind<{ readonly filePattern: string; readonly verbosity: number }> = {
  read(item) {
    const names = ['filePattern', 'verbosity']
    const stray = item.keys().filter((name) => !names.includes(name))
    readAll(
      stray.map((name) => item.get(name)),
      ({ path }) => {
        throw unknownField(path, path.slice(item.path.length + 1), names)
      },
    )
    return { filePattern: pattern(item.get('filePattern')), verbosity: level.read(item.get('verbosity')) ?? 0 }
  },
  fromText(value) {
    const [filePattern, verbosity = '', ...rest] = value.split('=')
    return rest.length > 0 ? value : { filePattern, verbosity: level.fromText(verbosity) }
  },
}

function pattern(field: Field): string {
  const value = field.text() ?? ''
  if (!/^[^=,]+$/.test(value)) throw field.error('the name of a source file without = and comma')
  return value
}

/** The settings of kube-proxy's log that are ours too. Source: LoggingConfiguration of component-base. */
export const logFields = {
  'logging.format': used(
    oneOf('text', 'json'),
    'logging-format',
    '<format>',
    'how log lines are written: text or json (default: text on a terminal, else json)',
  ),
  'logging.verbosity': used(level, 'v', '<n>', 'log more: from 2 on, each update of the rules (default: 0)'),
}

/** Those that are not. */
export const unusedLogFields = {
  'logging.flushFrequency': log(flushFrequency, 'log-flush-frequency', [0, 5_000]),
  'logging.vmodule': log(listOf(moduleLevel), 'vmodule'),
  'logging.options.text.splitStream': log(flag, 'log-text-split-stream', [false]),
  'logging.options.text.infoBufferSize': log(quantity, 'log-text-info-buffer-size', ['0']),
  'logging.options.json.splitStream': log(flag, 'log-json-split-stream', [false]),
  'logging.options.json.infoBufferSize': log(quantity, 'log-json-info-buffer-size', ['0']),
}
