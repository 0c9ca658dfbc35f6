import { requireTools } from '../../src/host/lab/tools.ts'

/** Both variants of iptables; Debian 12 brings them in one package. */
export const variants = ['nft', 'legacy'] as const

/** Throws a sentence that names what this machine lacks: a kernel test that cannot run must not pass for one that did. */
export function requireKernelTools(): void {
  requireTools([
    { command: 'ip', debianPackage: 'iproute2' },
    { command: 'nfacct', debianPackage: 'nfacct' },
    ...['iptables', 'ip6tables'].flatMap((tool) =>
      variants.map((variant) => ({ command: `${tool}-${variant}-restore`, debianPackage: 'iptables' })),
    ),
  ])
  if (process.geteuid?.() !== 0) {
    throw new Error(`Cannot run kernel tests as user ${process.geteuid?.()}: network namespaces need root`)
  }
}
