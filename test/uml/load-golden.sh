#!/bin/sh
# load-golden.sh DIRECTORY: loads the IPVS documents of a golden directory into the network namespace it runs in, and prints
# what the kernel then has, each tool's part behind a line "# <what>". What a tool says on stderr is the caller's to judge.
set -e
ip link add kube-ipvs0 type dummy
ip -batch "$1/ipvs.addresses"
ipset restore <"$1/ipvs.ipset"
iptables-legacy-restore --noflush <"$1/ipvs-ipv4.rules"
ip6tables-legacy-restore --noflush <"$1/ipvs-ipv6.rules"
ipvsadm -R <"$1/ipvs.ipvsadm"
echo '# servers'
ipvsadm -S -n
echo '# sets'
ipset save
echo '# addresses'
ip -j addr show
echo '# rules IPv4'
iptables-legacy-save
echo '# rules IPv6'
ip6tables-legacy-save
