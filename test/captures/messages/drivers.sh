#!/bin/bash
# Writes the captures of this folder whose packets come from programs that nobody here wrote: radvd, dnsmasq, ndisc6, the kernel, thc-ipv6, SI6, nmap.
# Run it by hand as root: two network namespaces, joined by a veth, and nothing else is touched. The captures are committed.
set -u
here=$(dirname "$(readlink -f "$0")")
work=$(mktemp -d --suffix=-packet-captures)
a="ip netns exec packet-a" b="ip netns exec packet-b"
end() { ip netns pids packet-a 2>/dev/null | xargs -r kill 2>/dev/null; ip netns pids packet-b 2>/dev/null | xargs -r kill 2>/dev/null; ip netns del packet-a 2>/dev/null; ip netns del packet-b 2>/dev/null; rm -rf "$work"; }
trap end EXIT
ip netns add packet-a && ip netns add packet-b
ip link add eth0 netns packet-a address 02:00:00:00:00:0a type veth peer name eth0 netns packet-b address 02:00:00:00:00:0b

# record NAME COUNT COMMAND…: what is on the wire while the command runs, at most COUNT frames.
record() {
  local name=$1 count=$2; shift 2
  $a tcpdump -q -i eth0 -s 0 -c "$count" -U -w "$work/$name.pcap" ip6 2>"$work/log" & local dump=$!
  for _ in {1..100}; do grep -q listening "$work/log" && break; sleep 0.05; done
  "$@" >/dev/null 2>&1
  sleep 0.3; kill $dump 2>/dev/null; wait $dump 2>/dev/null
  cp "$work/$name.pcap" "$here/$name.pcap"
}

$a ip link set eth0 up
kernel() {
  $b ip link set eth0 up; sleep 2
  $a ip addr add 2001:db8:1::a/64 dev eth0; $b ip addr add 2001:db8:1::b/64 dev eth0; sleep 1.5
  $a ping -6 -c 2 -i 0.2 2001:db8:1::b; $a ping -6 -c 1 -s 3000 2001:db8:1::b; $a ping -6 -c 1 -W 1 2001:db8:1::dead
}
record kernel 45 kernel

cat >"$work/radvd.conf" <<CONF
interface eth0 {
  AdvSendAdvert on; MinRtrAdvInterval 3; MaxRtrAdvInterval 10; AdvDefaultLifetime 30; AdvDefaultPreference high; AdvLinkMTU 1400; AdvManagedFlag on; AdvOtherConfigFlag on;
  AdvHomeAgentFlag on; AdvHomeAgentInfo on; HomeAgentLifetime 40; HomeAgentPreference 7; AdvIntervalOpt on; AdvCurHopLimit 61; AdvReachableTime 5000; AdvRetransTimer 1500;
  prefix 2001:db8:1::/64 { AdvOnLink on; AdvAutonomous on; AdvRouterAddr on; AdvValidLifetime infinity; AdvPreferredLifetime 600; };
  prefix 2001:db8:2::/56 { AdvOnLink on; AdvAutonomous off; AdvValidLifetime 300; AdvPreferredLifetime 100; };
  route 2001:db8:cafe::/48 { AdvRoutePreference low; AdvRouteLifetime 600; };
  route ::/0 { AdvRoutePreference high; AdvRouteLifetime 60; };
  RDNSS 2001:db8:1::53 2001:db8:1::54 { AdvRDNSSLifetime 60; };
  DNSSL example.com a.very.long.name.example.org { AdvDNSSLLifetime infinity; };
};
CONF
routers() {
  $b sysctl -q net.ipv6.conf.all.forwarding=1
  $b radvd -n -m stderr -C "$work/radvd.conf" -p "$work/radvd.pid" & sleep 1.5
  $a rdisc6 -1 -w 2000 eth0; $a ndisc6 -1 -w 500 2001:db8:1::b eth0
  kill "$(cat "$work/radvd.pid")"; sleep 0.5
  $b dnsmasq -d -p 0 --conf-file=/dev/null --pid-file="$work/dnsmasq.pid" --dhcp-leasefile="$work/leases" --enable-ra --dhcp-range=2001:db8:1::100,2001:db8:1::200,64,1h --ra-param=eth0,mtu:1380,high,20,300 --dhcp-option=option6:dns-server,[2001:db8:1::5] --dhcp-option=option6:domain-search,lab.example & sleep 1.5
  $a rdisc6 -1 -w 2000 eth0; kill "$(cat "$work/dnsmasq.pid")"; sleep 0.3
}
record routers 40 routers
$b sysctl -q net.ipv6.conf.all.forwarding=0

v=2001:db8:1::a
rogues() {
  for evasion in "" "-E H" "-E D" "-E O" "-E o" "-E F"; do
    $b timeout 3 atk6-fake_router26 -A 2001:db8:bad::/64 -R 2001:db8:cafe::/48 -D 2001:db8::53 -L evil.example -M 1280 -p high -n 1 -i 1 $evasion eth0
  done
  $b timeout 2 atk6-fake_router6 eth0 2001:db8:bad2::/64; $b timeout 2 atk6-kill_router6 eth0 fe80::ff:fe00:b
  $b timeout 3 atk6-fake_advertise6 -n 1 -w 1 eth0 2001:db8:1::1 $v 02:66:66:66:66:66; $b timeout 2 atk6-fake_solicitate6 eth0 $v $v 02:66:66:66:66:66
  $b timeout 3 atk6-redir6 eth0 $v 2001:db8:2::e fe80::ff:fe00:b fe80::ff:fe00:3 02:66:66:66:66:66; $b timeout 3 atk6-toobig6 eth0 $v 2001:db8:2::e 1300
  $b timeout 2 atk6-fake_mld6 eth0 add ff15::77; $b timeout 2 atk6-fake_mld6 eth0 delete ff15::77; $b timeout 2 atk6-fake_mld6 eth0 query ff15::77
  $b timeout 2 atk6-fake_mld26 eth0 add ff15::78; $b timeout 2 atk6-fake_mld26 eth0 query ff15::78; $b timeout 2 atk6-fake_mldrouter6 eth0 advertise
  $b timeout 2 atk6-inverse_lookup6 eth0 02:00:00:00:00:0a; $b timeout 2 atk6-node_query6 eth0 $v; $b timeout 2 atk6-fake_mipv6 eth0 $v 2001:db8:1::c 2001:db8:1::d
}
record thc-ipv6 50 rogues

implementation() { $b timeout 100 atk6-implementation6 -p eth0 $v; }
record thc-implementation 42 implementation

si6() {
  $b timeout 2 ra6 -i eth0 -s fe80::bad -d ff02::1 -t 1800 -m -o -p 1 -P 2001:db8:7::/64#LA#3600#1800 -R 2001:db8:8::/48#1#1000 -N 3600#2001:db8::53 -M 1400 -E 02:00:00:00:00:99
  $b timeout 2 ra6 -i eth0 -s fe80::bad -d ff02::1 -t 1800 -A 64; $b timeout 2 ra6 -i eth0 -s 2001:db8:1::b -d ff02::1 -t 1800; $b timeout 2 ra6 -i eth0 -s fe80::bad -d ff02::1 -t 1800 -u 100 -y 96
  $b timeout 2 ns6 -i eth0 -t $v -d ff02::1:ff00:a -s 2001:db8:1::99 -e; $b timeout 2 ns6 -i eth0 -t $v -d ff02::1:ff00:a -s 2001:db8:1::99 -y 16; $b timeout 2 ns6 -i eth0 -t ff02::5 -d ff02::1:ff00:5 -s 2001:db8:1::99
  $b timeout 2 na6 -i eth0 -s $v -t $v -d ff02::1 -o -r -c -E 02:00:00:00:00:99
  $b timeout 2 rd6 -i eth0 -s fe80::b -d $v -r 2001:db8:2::e -t fe80::99 -n; $b timeout 2 rd6 -i eth0 -s 2001:db8:1::b -d $v -r ff05::5 -t 2001:db8:1::99 -n
  $b timeout 2 icmp6 -i eth0 -s 2001:db8:1::b -d $v --icmp6-packet-too-big --mtu 1300 -x 2001:db8:2::e; for kind in 1:3 3:1 4:1; do $b timeout 2 icmp6 -i eth0 -s 2001:db8:1::b -d $v -t $kind -x 2001:db8:2::e; done
  $b timeout 4 frag6 -i eth0 -s 2001:db8:1::b -d $v --frag-reass-policy; $b timeout 2 tcp6 -i eth0 -s 2001:db8:1::b -d $v -a 80 -X S -u 24 -H 16; $b timeout 2 udp6 -i eth0 -s 2001:db8:1::b -d $v -a 53 -y 64
}
record si6 50 si6

scan() { $b timeout 20 nmap -6 -n -Pn -O --osscan-guess -p 22,80 --max-os-tries 1 $v; $b timeout 5 nmap -6 -n -sn 2001:db8:1::a/127; }
record nmap 48 scan
