import { requireTools } from '../../src/host/lab/tools.ts'

/** Throws a sentence that names what this machine lacks for tests in user-mode-linux. */
export function requireUmlTools(): void {
  requireTools([
    { command: 'linux.uml', debianPackage: 'user-mode-linux' },
    { command: 'ip', debianPackage: 'iproute2' },
    { command: 'ipset', debianPackage: 'ipset' },
    { command: 'ipvsadm', debianPackage: 'ipvsadm' },
    { command: 'iptables-legacy-restore', debianPackage: 'iptables' },
    { command: 'ip6tables-legacy-restore', debianPackage: 'iptables' },
  ])
}
