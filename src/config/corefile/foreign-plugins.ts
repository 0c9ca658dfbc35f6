/** Plugins of CoreDNS that we do not have. Source: CoreDNS, plugin.cfg; the last two were taken away in 1.5 and 1.7. */
export const foreignPlugins: ReadonlySet<string> = new Set(
  (
    'root metadata geoip cancel proxyproto quic grpc_server https https3 timeouts multisocket nsid debug trace pprof shed ' +
    'dnstap local dns64 chaos tsig dnssec tls route53 azure clouddns file auto secondary etcd grpc erratic on sign view ' +
    'nomad proxy federation'
  ).split(' '),
)
