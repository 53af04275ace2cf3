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

# What a start of the plugin does is the same on every kernel, and a third of the work of a verb here: observe is started as a user would, the others go through
# one process that takes command lines. It writes what a line prints to /tmp/lines, and its status to /tmp/status.
cat >/tmp/command-lines.mjs <<'END'
import {closeSync, openSync, readFileSync, renameSync, writeFileSync, writeSync} from 'node:fs'
import {createInterface} from 'node:readline'
const [, part] = /import\("\.\/(part-\w+\.js)"\)/.exec(readFileSync('/app/dist/cli/cli.js', 'utf8'))
const {main} = await import(`/app/dist/cli/${part}`)
for await (const line of createInterface({input: process.stdin})) {
  const lines = openSync('/tmp/lines', 'a')
  process.stdout.write = (text, ...rest) => {
    writeSync(lines, text)
    const done = rest.at(-1)
    if (typeof done === 'function') process.nextTick(done)
    return true
  }
  process.exitCode = undefined
  writeFileSync('/tmp/status.part', String(await main(line.split(' '))))
  renameSync('/tmp/status.part', '/tmp/status')
  closeSync(lines)
}
END
mkfifo /tmp/asked
# ask COMMAND LINE: begins it. answered: waits for its end, which is the status.
ask() {
  [ -n "$plugin" ] || { NODE_COMPILE_CACHE=/root/.cache/kubectl-ipv6/compiled node /tmp/command-lines.mjs </tmp/asked & plugin=$!; exec 3>/tmp/asked; }
  rm -f /tmp/status
  : >/tmp/lines
  echo "$*" >&3
}
answered() {
  until [ -e /tmp/status ]; do
    kill -0 $plugin 2>/dev/null || return 70
    sleep 0.2
  done
  return "$(cat /tmp/status)"
}

# begin VERB FLAGS…: returns when the verb has said that it listens. end: stops it and prints its lines.
begin() {
  verb=$1
  shift
  ask "$verb" local "$@" -o json
  until grep -q '"kind":"start"' /tmp/lines; do
    kill -0 $plugin 2>/dev/null && [ ! -e /tmp/status ] || return
    sleep 0.2
  done
}
end() {
  sleep 2
  kill -INT $plugin
  answered
  ended "$verb" $?
}

kubectl-ipv6 observe local -i va --icmp-type echo-request -o json >/tmp/lines &
observe=$!
until grep -q '"kind":"start"' /tmp/lines; do kill -0 $observe || break; sleep 0.2; done
ping -6 -q -c 5 -i 0.3 fd90::2 >/dev/null
sleep 2
kill -INT $observe
wait $observe
ended observe $?

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
ask bindcheck local --matrix --port 7300 --address ::ffff:127.0.0.1 -o json
answered
ended bindcheck $?
kill $holder
# Who was started meanwhile holds the pipe as well.
exec 3>&-
wait $plugin $holder
/tmp/bind-matrix 7098 | sed 's/.*/{"kind":"case","text":"&"}/' >/tmp/lines
ended bind-matrix $?

echo "{\"kind\":\"left\",\"programs\":$(bpftool -j prog),\"qdiscs\":$(tc -j qdisc show dev va)}"
