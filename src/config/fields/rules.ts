import { used } from '../field-spec.ts'
import { flag, integer, oneOf, period } from '../kind.ts'
import { ipvsRuleFields } from './ipvs.ts'
import { address, interfaceName, nodeName, nodePortNetworks, podNetworks } from '../network-kind.ts'

const modes = oneOf('iptables', 'ipvs')

const localModes = oneOf('ClusterCIDR', 'NodeCIDR', 'BridgeInterface', 'InterfaceNamePrefix')

/** What the rules are made by; keyed as in a KubeProxyConfiguration. */
export const ruleFields = {
  hostnameOverride: used(
    nodeName,
    'hostname-override node',
    '<name>',
    'the node this is (default: the host name of this machine)',
  ),
  mode: used(modes, 'proxy-mode mode', '<mode>', 'how services reach the kernel: iptables (default) or ipvs'),
  clusterCIDR: used(podNetworks, 'cluster-cidr', '<cidrs>', 'pod networks, one per family, joined by a comma'),
  detectLocalMode: used(
    localModes,
    'detect-local-mode',
    '<mode>',
    'how the traffic of pods is told from other: ClusterCIDR (default), NodeCIDR, BridgeInterface or InterfaceNamePrefix',
  ),
  'detectLocal.bridgeInterface': used(
    interfaceName,
    'pod-bridge-interface',
    '<name>',
    'bridge of the pods, for BridgeInterface',
  ),
  'detectLocal.interfaceNamePrefix': used(
    interfaceName,
    'pod-interface-name-prefix',
    '<prefix>',
    'how their interfaces begin, for InterfaceNamePrefix',
  ),
  'iptables.masqueradeAll': used(flag, 'masquerade-all', '[bool]', 'masquerade all traffic to cluster IPs'),
  'iptables.masqueradeBit': used(
    integer(0, 31),
    'iptables-masquerade-bit',
    '<bit>',
    'bit of the packet mark that asks for masquerading, 0 to 31 (default: 14)',
  ),
  nodePortAddresses: used(
    nodePortNetworks,
    'nodeport-addresses',
    '<cidrs>',
    'where node ports are open: networks joined by a comma, or primary for the address of the Node (default: everywhere)',
  ),
  'iptables.localhostNodePorts': used(
    flag,
    'iptables-localhost-nodeports',
    '[bool]',
    'whether node ports are open on 127.0.0.1 too',
  ),
  bindAddress: used(
    address,
    'bind-address',
    '<address>',
    'address of the node in its family, in place of that of the Node',
  ),
  'iptables.syncPeriod': used(
    period,
    'iptables-sync-period',
    '<time>',
    'how often rules are compared with the kernel (default: 30s)',
  ),
  'iptables.minSyncPeriod': used(
    period,
    'iptables-min-sync-period',
    '<time>',
    'least time between two updates (default: none)',
  ),
  ...ipvsRuleFields,
}
