import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, rmSync, symlinkSync } from 'node:fs'
import { release } from 'node:os'

const modules = `/usr/lib/uml/modules/${release()}`

/**
 * Puts a writable layer in memory over the read-only file system of the host, and goes to live there: what a command
 * writes is gone with the guest. Below it all stands as on a machine that boots.
 */
export function setUpRoot(): void {
  process.env['PATH'] = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'
  process.env['HOME'] = '/root'
  process.env['LC_ALL'] = 'C'
  // Programs of ours start in half the time when they have been there before.
  process.env['NODE_COMPILE_CACHE'] = '/run/node-compile-cache'
  layerRoot()
  linkFiles()
  // All others are loaded when a tool asks for them.
  runTool('modprobe', ['ipv6'])
  runTool('ip', ['link', 'set', 'lo', 'up'])
}

/** Runs a tool to its end; throws with what it printed when it fails, which ends the guest. */
export function runTool(command: string, args: readonly string[]): void {
  const { status, stderr, error } = spawnSync(command, args, { encoding: 'utf8' })
  if (error !== undefined) throw error
  if (status !== 0) throw new Error(`${[command, ...args].join(' ')}: ${stderr}`)
}

function layerRoot(): void {
  // Not modprobe, which looks in /lib/modules: the host need not have a link there.
  runTool('insmod', [`${modules}/kernel/fs/overlayfs/overlay.ko`])
  mount('tmpfs', '/run')
  for (const directory of ['upper', 'work', 'root']) mkdirSync(`/run/${directory}`)
  mount('overlay', '/run/root', 'lowerdir=/,upperdir=/run/upper,workdir=/run/work')
  // The old root goes where the next mount hides it.
  runTool('pivot_root', ['/run/root', '/run/root/run'])
  mount('tmpfs', '/run')
  mount('proc', '/proc')
  mount('sysfs', '/sys')
  mount('devtmpfs', '/dev')
}

function linkFiles(): void {
  const expected = `/lib/modules/${release()}`
  mkdirSync('/lib/modules', { recursive: true })
  if (!existsSync(expected)) symlinkSync(modules, expected)
  // Its nf_tables has no tables of IPv4, which iptables-nft does not tell before it is to make one.
  rmSync('/usr/local/sbin/iptables', { force: true })
  symlinkSync('/usr/sbin/iptables-legacy', '/usr/local/sbin/iptables')
}

function mount(type: string, where: string, options = 'defaults'): void {
  runTool('mount', ['-t', type, '-o', options, type, where])
}
