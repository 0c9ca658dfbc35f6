#!/usr/bin/perl
# sctp.pl serve ADDRESS PORT NAME: answers each SCTP connection with its name and the client's address.
# sctp.pl ask ADDRESS PORT: prints the answer. Node has no SCTP; perl-base is part of every Debian.
use strict;
use Socket qw(:DEFAULT inet_pton inet_ntop pack_sockaddr_in6 unpack_sockaddr_in6 AF_INET6);
$| = 1;
my ($mode, $address, $port, $name) = @ARGV;
my $v6 = $address =~ /:/;
my $family = $v6 ? AF_INET6 : AF_INET;
my $at = $v6 ? pack_sockaddr_in6($port, inet_pton(AF_INET6, $address)) : sockaddr_in($port, inet_aton($address));
socket(my $socket, $family, SOCK_STREAM, 132) or die "socket: $!";
if ($mode eq 'ask') {
  connect($socket, $at) or die "connect: $!";
  print scalar <$socket>;
  exit;
}
bind($socket, $at) or die "bind: $!";
listen($socket, 5) or die "listen: $!";
print "ready\n";
while (my $peer = accept(my $client, $socket)) {
  my $from = $v6 ? inet_ntop(AF_INET6, (unpack_sockaddr_in6($peer))[1]) : inet_ntoa((sockaddr_in($peer))[1]);
  syswrite($client, "$name sees $from\n");
  close($client);
}
