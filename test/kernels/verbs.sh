# Runs in a machine of tools/kernels/boot: every verb that loads programs, each with packets whose number is known.
ip netns add peer
ip link add va type veth peer name vb netns peer
ip addr add fd90::1/64 dev va nodad
ip link set va up
ip -n peer addr add fd90::2/64 dev vb nodad
ip -n peer link set vb up
ip -n peer link set lo up

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
  status=$?
  cat /tmp/lines
  echo "{\"kind\":\"ended\",\"verb\":\"$verb\",\"status\":$status}"
}

begin observe -i va --icmp-type echo-request
ping -6 -q -c 5 -i 0.3 fd90::2 >/dev/null
end

begin ndp -i va
ip neigh flush dev va
ping -6 -q -c 1 fd90::2 >/dev/null
end

begin exthdr -i va
ping -6 -q -c 3 -i 0.3 -s 2000 fd90::2 >/dev/null
end

begin drops
for nothing in 1 2 3; do ip netns exec peer bash -c 'echo x >/dev/udp/fd90::1/99'; done
end

kubectl-ipv6 bindcheck local --matrix -o json >/tmp/lines
status=$?
cat /tmp/lines
echo "{\"kind\":\"ended\",\"verb\":\"bindcheck\",\"status\":$status}"

echo "{\"kind\":\"left\",\"programs\":$(bpftool -j prog),\"qdiscs\":$(tc -j qdisc show dev va)}"
