import { constants } from 'node:fs'
import { access, cp, mkdir, mkdtemp, realpath, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { runCommand } from '../../src/host/command.ts'
import { cacheDirectory } from '../support/cache-directory.ts'
import type { DockerEngine } from './engine.ts'

const debian = 'debian:bookworm-slim'
const node = 'node:24-bookworm-slim'

/**
 * Gives the engine stand-ins for the images that docker/Dockerfile begins with, by their names, since no registry need be
 * in reach: Debian as debootstrap makes it, and on top of that the Node.js and npm that run the tests.
 */
export async function makeBaseImages(engine: DockerEngine): Promise<void> {
  await engine.docker('import', await debianFiles(), debian)
  const context = await mkdtemp(join(tmpdir(), 'pointsman-node-image-'))
  try {
    await writeNodeContext(context)
    await engine.docker('build', '--quiet', '--tag', node, context)
  } finally {
    await rm(context, { recursive: true })
  }
}

/** A tar file in the cache of this user; making it takes a minute. */
async function debianFiles(): Promise<string> {
  const file = join(cacheDirectory(), 'debian-bookworm.tar')
  if (await exists(file)) return file
  const root = await mkdtemp(join(tmpdir(), 'pointsman-debian-'))
  try {
    await runCommand('debootstrap', ['--variant=minbase', 'bookworm', root, 'http://deb.debian.org/debian'])
    // What the slim image leaves out as well.
    for (const path of [
      'var/cache/apt/archives',
      'var/lib/apt/lists',
      'usr/share/doc',
      'usr/share/man',
      'usr/share/locale',
    ])
      await rm(join(root, path), { recursive: true })
    await mkdir(dirname(file), { recursive: true })
    await runCommand('tar', ['--create', '--directory', root, '--file', `${file}.part`, '.'])
    await rename(`${file}.part`, file)
    return file
  } finally {
    await rm(root, { recursive: true })
  }
}

/** Also the authorities that Node.js trusts here besides its own, as where a proxy stands before the registry of npm. */
async function writeNodeContext(context: string): Promise<void> {
  const local = join(context, 'files/usr/local')
  await mkdir(join(local, 'bin'), { recursive: true })
  await cp(await realpath(process.execPath), join(local, 'bin/node'))
  await cp(await npmDirectory(), join(local, 'lib/node_modules/npm'), { recursive: true })
  await symlink('../lib/node_modules/npm/bin/npm-cli.js', join(local, 'bin/npm'))
  const authorities = process.env['NODE_EXTRA_CA_CERTS'] ?? ''
  if (authorities !== '') await cp(await realpath(authorities), join(local, 'authorities.pem'))
  const trust = authorities === '' ? '' : 'ENV NODE_EXTRA_CA_CERTS=/usr/local/authorities.pem\n'
  await writeFile(join(context, 'Dockerfile'), `FROM ${debian}\nCOPY files /\n${trust}`)
}

async function npmDirectory(): Promise<string> {
  for (const directory of (process.env['PATH'] ?? '').split(delimiter)) {
    const command = join(directory, 'npm')
    // …/npm/bin/npm-cli.js
    if (await exists(command)) return dirname(dirname(await realpath(command)))
  }
  throw new Error('Cannot find npm in PATH')
}

async function exists(file: string): Promise<boolean> {
  return access(file, constants.R_OK).then(
    () => true,
    () => false,
  )
}
