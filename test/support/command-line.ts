import { execa } from 'execa'
import { resolve } from 'node:path'

export interface Ended {
  readonly exitCode: number | undefined
  readonly stdout: string
  readonly stderr: string
}

const main = resolve('src/main.ts')

/** Runs `pointsman` with these words, in a network namespace if one is named, to its end. */
export async function pointsman(
  args: readonly string[],
  { input = '', namespace = '' }: { readonly input?: string; readonly namespace?: string } = {},
): Promise<Ended> {
  const command = [process.execPath, main, ...args]
  const [file = '', ...rest] = namespace === '' ? command : ['ip', 'netns', 'exec', namespace, ...command]
  const { exitCode, stdout, stderr } = await execa(file, rest, { input, reject: false, stripFinalNewline: false })
  return { exitCode, stdout, stderr }
}
