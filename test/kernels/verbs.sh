# Runs in a machine of tools/kernels/boot: every verb that loads programs, each with packets whose number is known.
ip netns add peer
ip link add va type veth peer name vb netns peer
ip addr add fd90::1/64 dev va nodad
ip link set va up
ip -n peer addr add fd90::2/64 dev vb nodad
ip -n peer link set vb up
ip -n peer link set lo up

# ended VERB STATUS: prints its lines. Packed: a character on the serial line takes more instructions than packing it.
ended() {
  echo "{\"kind\":\"ended\",\"verb\":\"$1\",\"status\":$2}" >>/tmp/lines
  echo "{\"kind\":\"packed\",\"lines\":\"$(gzip -c /tmp/lines | base64 | tr -d '\n')\"}"
}

# begin VERB FLAGS…: returns when the verb has said that it listens. end: stops it and prints its lines.
begin() {
  verb=$1
  shift
  : >/tmp/lines
  kubectl-ipv6 "$verb" local "$@" -o json >/tmp/lines &
  pid=$!
  until grep -q '"kind":"start"' /tmp/lines; do
    kill -0 $pid 2>/dev/null || return
    sleep 0.2
  done
}
end() {
  sleep 2
  kill -INT $pid
  wait $pid
  ended "$verb" $?
}

begin observe -i va --icmp-type echo-request
ping -6 -q -c 5 -i 0.3 fd90::2 >/dev/null
end

begin ndp -i va --fail-on never
ip neigh flush dev va
ping -6 -q -c 1 fd90::2 >/dev/null
# One table serves the whole kernel: nowhere else may it be made small, and full of addresses that nobody has.
echo 80 >/proc/sys/net/ipv6/neigh/default/gc_thresh3
echo 1 >/proc/sys/net/ipv6/neigh/va/mcast_solicit
for i in {1..90}; do echo x >/dev/udp/fd90::b:$i/9; done 2>/dev/null
for each in {1..300}; do grep -q ndp/neigh-incomplete /tmp/lines && break; sleep 0.2; done
end
echo 1024 >/proc/sys/net/ipv6/neigh/default/gc_thresh3

begin exthdr -i va
ping -6 -q -c 3 -i 0.3 -s 2000 fd90::2 >/dev/null
end

begin drops
for nothing in 1 2 3; do ip netns exec peer bash -c 'echo x >/dev/udp/fd90::1/99'; done
end

# A server on [::] of both protocols, as torrust's: one client over either family of each.
ip addr add 10.90.0.1/24 dev va
ip -n peer addr add 10.90.0.2/24 dev vb
node -e "
const udp = require('dgram').createSocket('udp6')
udp.on('message', (bytes, {port, address}) => udp.send('0123456789abcdef', port, address))
require('net').createServer((socket) => socket.on('data', () => socket.end('0123456789'))).listen(8080, '::', () => udp.bind(6969, '::', () => console.log('ready')))
" >/tmp/server &
server=$!
for each in {1..300}; do grep -q ready /tmp/server && break; sleep 0.2; done
begin clients --port 8080 --port 6969 --connections
for address in fd90::1 10.90.0.1; do
  ip netns exec peer timeout 20 bash -c "exec 3<>/dev/tcp/$address/8080; echo hello >&3; cat <&3" >/dev/null
  ip netns exec peer timeout 20 bash -c "exec 3<>/dev/udp/$address/6969; echo hello >&3; head -c 16 <&3" >/dev/null
done
end
kill $server

# 6.1 lets an address be bound beside this wildcard: who asks about it must hear that. Beside it the kernel's own word on each case of the matrix,
# from the program that the test puts before this script.
/tmp/bind-matrix 7300 ::ffff:0.0.0.0 >/tmp/holder &
holder=$!
until grep -q ready /tmp/holder; do kill -0 $holder || break; done
kubectl-ipv6 bindcheck local --matrix --port 7300 --address ::ffff:127.0.0.1 -o json >/tmp/lines
ended bindcheck $?
kill $holder
/tmp/bind-matrix 7098 | sed 's/.*/{"kind":"case","text":"&"}/' >/tmp/lines
ended bind-matrix $?

echo "{\"kind\":\"left\",\"programs\":$(bpftool -j prog),\"qdiscs\":$(tc -j qdisc show dev va)}"
