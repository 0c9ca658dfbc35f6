import { existsSync } from 'node:fs'
import type { Family } from '../net/family.ts'

/** The families that this kernel has: without IPv6 it lacks a file, and ip6tables fails. */
export function kernelFamilies(): readonly Family[] {
  return existsSync('/proc/net/if_inet6') ? ['IPv4', 'IPv6'] : ['IPv4']
}
