/**
 * Installs the Debian packages that the tests and the benchmarks run, or with `demo` or `demo-ipvs` those of the demo in that
 * mode, where one of their commands is missing. Without root, or without apt-get, it names what is missing and ends with exit code 1.
 */
import { spawnSync } from 'node:child_process'
import { accessSync, constants, existsSync, rmSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/** The commands of each package. */
type Packages = Readonly<Record<string, readonly string[]>>

const demo: Packages = {
  iptables: ['iptables-nft-restore', 'iptables-legacy-restore', 'ip6tables-nft-restore', 'ip6tables-legacy-restore'],
  iproute2: ['ip', 'ss'],
  dnsutils: ['dig'],
}
const ipvsDemo = {
  ...demo,
  ipset: ['ipset'],
  ipvsadm: ['ipvsadm'],
  kmod: ['insmod', 'modprobe'],
  'user-mode-linux': ['linux.uml'],
}
const everything = {
  ...ipvsDemo,
  conntrack: ['conntrack'],
  dnsperf: ['dnsperf'],
  nfacct: ['nfacct'],
  nftables: ['nft'],
  'util-linux': ['taskset', 'setpriv', 'unshare'],
  unbound: ['unbound'],
  knot: ['knotd'],
  openssl: ['openssl'],
  gcc: ['gcc'],
  'musl-tools': ['musl-gcc'],
  'etcd-server': ['etcd'],
  'docker.io': ['dockerd', 'docker'],
  debootstrap: ['debootstrap'],
  // Its library alone, libfaketime, brings no command to look for.
  faketime: ['faketime'],
}

/** The units of those that would become servers of this machine; the tests run them for themselves. */
const services: Readonly<Record<string, readonly string[]>> = {
  unbound: ['unbound'],
  knot: ['knot'],
  'etcd-server': ['etcd'],
  'docker.io': ['docker.socket', 'docker', 'containerd'],
}

const isRoot = process.getuid?.() === 0
const forDemo = process.argv[2]?.startsWith('demo') ?? false
// Without root the demo shows what needs no tool.
if (forDemo && !isRoot) process.exit(0)

const sets: Readonly<Record<string, Packages>> = { demo, 'demo-ipvs': ipvsDemo }
const packages: Packages = sets[process.argv[2] ?? ''] ?? everything
// Debian's users have no sbin in PATH, and the tools of the kernel stand there.
const directories = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/sbin']
const missing = Object.keys(packages).filter((name) => !packages[name]?.every(isInstalled))

if (missing.length > 0) {
  const command = `apt-get install -y ${missing.join(' ')}`
  if (!isRoot) fail(`These Debian packages are missing; as root: ${command}`)
  console.error(`Installing what is missing: ${missing.join(' ')}`)
  keepServicesStopped()
  apt(['update', '-qq'])
  apt(['install', '-y', '-qq', '--no-install-recommends', ...missing])
  // Where there is no systemd nothing starts them.
  spawnSync('systemctl', ['disable', ...missing.flatMap((name) => services[name] ?? [])], { stdio: 'ignore' })
}

function isInstalled(command: string): boolean {
  return directories.some((directory) => {
    try {
      accessSync(join(directory, command), constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}

/** Debian starts the services of a package as it installs it, unless this program says no (Debian Policy section 9.3.3.1). */
function keepServicesStopped(): void {
  const policy = '/usr/sbin/policy-rc.d'
  if (existsSync(policy)) return
  writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 })
  process.once('exit', () => rmSync(policy))
}

function apt(args: readonly string[]): void {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const { status, error } = spawnSync('apt-get', args, { stdio: ['ignore', 'ignore', 'inherit'], env })
  if (error !== undefined) fail(`Cannot run apt-get: ${error.message}. Install these yourself: ${missing.join(' ')}`)
  if (status !== 0) fail(`"apt-get ${args.join(' ')}" failed with exit code ${status}`)
}

function fail(sentence: string): never {
  console.error(sentence)
  process.exit(1)
}
