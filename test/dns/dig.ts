import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

/** What dig read, in the words of dig. */
export interface DigAnswer {
  readonly status: string
  readonly flags: readonly string[]
  /** `10.96.0.20`-like records as zone-file lines, by section. */
  readonly answer: readonly string[]
  readonly authority: readonly string[]
  readonly additional: readonly string[]
  readonly text: string
}

/** Asks 127.0.0.1 with dig, e.g. `dig(port, 'front.web.svc.cluster.local', 'SRV', '+tcp')`. */
export async function dig(port: number, ...question: readonly string[]): Promise<DigAnswer> {
  return readAnswer(await runDig(port, question))
}

/** Asks many questions, `NAME TYPE` each, one after the other by one dig; answers in their order. */
export async function digAll(
  port: number,
  questions: readonly string[],
  ...flags: readonly string[]
): Promise<readonly DigAnswer[]> {
  const directory = await mkdtemp(join(tmpdir(), 'dig-'))
  try {
    const file = join(directory, 'questions')
    await writeFile(file, questions.map((question) => `-q ${question.replace(' ', ' -t ')}\n`).join(''))
    const text = await runDig(port, [...flags, '-f', file])
    return text
      .split(/^; <<>> DiG /m)
      .slice(1)
      .map(readAnswer)
  } finally {
    await rm(directory, { recursive: true })
  }
}

function readAnswer(text: string): DigAnswer {
  const section = (name: string): readonly string[] =>
    (text.split(`;; ${name} SECTION:\n`)[1]?.split('\n\n')[0] ?? '')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => line.replaceAll(/\s+/g, ' '))
  return {
    status: /status: (\w+)/.exec(text)?.[1] ?? 'no answer',
    flags: /;; flags: ([^;]*);/.exec(text)?.[1]?.split(' ') ?? [],
    answer: section('ANSWER'),
    authority: section('AUTHORITY'),
    additional: section('ADDITIONAL'),
    text,
  }
}

async function runDig(port: number, args: readonly string[]): Promise<string> {
  const { stdout } = await run('dig', ['@127.0.0.1', '-p', String(port), '+tries=1', '+time=5', ...args])
  return stdout
}

async function run(command: string, args: readonly string[]): Promise<{ stdout: string }> {
  try {
    return await promisify(execFile)(command, args, { maxBuffer: 64 * 1024 * 1024 })
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') {
      throw new Error('Cannot run dig, the client of these tests: install dnsutils (Debian) or bind-utils (Fedora)', {
        cause: error,
      })
    }
    throw error
  }
}
