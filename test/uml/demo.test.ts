import { rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { execa } from 'execa'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { requireUmlTools } from './requirements.ts'

// As a user has it: built, which starts in half the time inside the guest too.
const bundle = resolve(`dist/demo-${process.pid}`)
beforeAll(async () => {
  await execa(process.execPath, ['build.ts', bundle])
}, 60_000)
afterAll(() => rm(bundle, { recursive: true, force: true }))

test('the demo shows IPVS mode on any kernel', { timeout: 240_000 }, async () => {
  requireUmlTools()
  const { exitCode, stdout, stderr } = await execa(
    process.execPath,
    [join(bundle, 'main.js'), 'demo', '--mode', 'ipvs'],
    { reject: false },
  )
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
  expect(stdout).toContain('  -A -t 10.96.0.80:80 -s rr\n  -a -t 10.96.0.80:80 -r 10.244.1.11:8080 -m -w 1')
  // Strictly in turn: three backends before, two after.
  expect([...stdout.matchAll(/^ {2}backend\d +(\d+) /gm)].map((match) => Number(match[1]))).toEqual([
    100, 100, 100, 150, 150,
  ])
  expect(stdout).toContain('the client is refused after')
  expect(stdout).toContain('10 of 10 connections answered')
  expect(stdout).toContain('diff: the kernel and the cluster agree')
  expect(stdout).toContain('cleanup: 0 lines of ours are left')
})
