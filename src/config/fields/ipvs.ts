import { ipvsSchedulers } from '../../model/ipvs-scheduler.ts'
import { used } from '../field-spec.ts'
import { flag, listOf, oneOf, period } from '../kind.ts'
import { cidr } from '../network-kind.ts'

/** What virtual servers are made by, in IPVS mode. */
export const ipvsRuleFields = {
  'ipvs.scheduler': used(
    oneOf(...ipvsSchedulers),
    'ipvs-scheduler',
    '<name>',
    'how IPVS chooses an endpoint, for Services without the annotation pointsman/ipvs-scheduler (default: rr)',
  ),
  'ipvs.excludeCIDRs': used(
    listOf(cidr),
    'ipvs-exclude-cidrs',
    '<cidrs>',
    'networks whose virtual servers are never removed, joined by a comma',
  ),
  'ipvs.syncPeriod': used(
    period,
    'ipvs-sync-period',
    '<time>',
    'how often IPVS mode is compared with the kernel (default: 30s)',
  ),
  'ipvs.minSyncPeriod': used(
    period,
    'ipvs-min-sync-period',
    '<time>',
    'least time between two updates in IPVS mode (default: none)',
  ),
}

/** What `run` sets besides, in IPVS mode. */
export const ipvsKernelFields = {
  'ipvs.strictARP': used(
    flag,
    'ipvs-strict-arp',
    '[bool]',
    'in IPVS mode: answer ARP only for addresses of the interface that is asked',
  ),
  'ipvs.tcpTimeout': used(period, 'ipvs-tcp-timeout', '<time>', 'IPVS forgets an idle TCP connection after'),
  'ipvs.tcpFinTimeout': used(period, 'ipvs-tcpfin-timeout', '<time>', 'IPVS forgets a closed TCP connection after'),
  'ipvs.udpTimeout': used(period, 'ipvs-udp-timeout', '<time>', 'IPVS forgets a UDP flow after'),
}
