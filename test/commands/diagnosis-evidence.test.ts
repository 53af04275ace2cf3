import {execFileSync, spawn} from 'node:child_process'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {type JsonLine, Plugin} from '../support/plugin.ts'

/** A client behind a link of 1400 bytes, a router, and a server, each in a namespace. */
const [client, router, server] = ['c', 'r', 's'].map((place) => `evd${place}-${process.pid}`) as [
  string,
  string,
  string,
]
const isRoot = process.getuid?.() === 0
const run = (command: string): string => execFileSync('sh', ['-ec', command], {encoding: 'utf8', timeout: 30_000})
const within = (place: string, command: string): string => `ip netns exec ${place} ${command}`

const links = `
ip -n ${server} link add eth0 type veth peer name left netns ${router}
ip -n ${client} link add eth0 type veth peer name right netns ${router}
ip -n ${router} link set right mtu 1400
for at in "${server} eth0" "${client} eth0" "${router} left" "${router} right"; do ip -n \${at% *} link set \${at#* } up; done
ip -n ${router} address add fd95:1::1/64 dev left nodad; ip -n ${server} address add fd95:1::2/64 dev eth0 nodad
ip -n ${router} address add fd95:2::1/64 dev right nodad; ip -n ${client} address add fd95:2::2/64 dev eth0 nodad
ip netns exec ${router} sysctl -qw net.ipv6.conf.all.forwarding=1
ip -n ${server} route add default via fd95:1::1; ip -n ${client} route add default via fd95:2::1`

const answering = `
import socket
listener = socket.create_server(('::', 8080), family=socket.AF_INET6)
print('listening', flush=True)
while True:
  connection, _ = listener.accept()
  connection.recv(100)
  connection.sendall(b'x' * 200_000)
`
const asking = `
import socket
connection = socket.create_connection(('fd95:1::2', 8080))
connection.sendall(b'GET')
while connection.recv(65536): pass
`

/** RFC 4861 §4.3, without an option: it makes no neighbour entry. Rates are of a second at least: it ends no sooner. */
const flooding = `
import socket, time
out = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6)
out.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, 255)
message = bytes([135, 0, 0, 0, 0, 0, 0, 0]) + socket.inet_pton(socket.AF_INET6, 'fd95:2::99')
for each in range(30_000):
  out.sendto(message, ('ff02::1:ff00:99', 0, 0, socket.if_nametoindex('eth0')))
time.sleep(1.1)
`

/** Until the function that it returns is called. */
function start(place: string, ...command: readonly string[]): () => Promise<void> {
  const child = spawn('ip', ['netns', 'exec', place, ...command], {stdio: 'ignore'})
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  return async () => {
    child.kill()
    await ended
  }
}
const ends: (() => Promise<void>)[] = []

const listen = (place: string): Plugin =>
  new Plugin(['ndp', 'local', '-o', 'json', '-q', '--duration', '40s'], {prefix: ['ip', 'netns', 'exec', place]})
const findings = ({lines}: Plugin, rule: string): readonly JsonLine[] => lines.filter((line) => line['rule'] === rule)

beforeAll(() => {
  if (!isRoot) return
  for (const name of [client, router, server]) run(`ip netns add ${name}; ip -n ${name} link set lo up`)
  run(links)
})
afterAll(async () => {
  for (const end of ends) await end()
  if (isRoot) for (const name of [client, router, server]) run(`ip netns del ${name}`)
})

describe.skipIf(!isRoot)('what the kernel tells is evidence (needs root):', () => {
  test('nobody answers because netfilter drops the question, in the other namespace', async () => {
    run(within(router, `nft 'table inet f { chain i { type filter hook input priority 0; iifname right icmpv6 type nd-neighbor-solicit drop; }; }'`)) // prettier-ignore
    await using plugin = listen(client)
    await plugin.until(/"kind":"start"/)
    ends.push(start(client, 'ping', '-6', '-c', '1', '-W', '5', 'fd95:2::1'))
    await plugin.until(/"ndp\/ns-unanswered"/)
    expect((await plugin.end()).status).toBe(1)
    run(within(router, 'nft delete table inet f'))
    const [finding] = findings(plugin, 'ndp/ns-unanswered')
    expect(finding).toMatchObject({severity: 'error', interface: 'eth0'})
    expect(finding?.['evidence']).toContainEqual(
      expect.stringMatching(/neighbor-solicitation dropped: NETFILTER_DROP in nft_do_chain on right, \d+ times/),
    )
  })

  test('large packets vanish where a router keeps Packet Too Big back, and the sender says so, as does the router', async () => {
    run(within(router, `nft 'table inet f { chain o { type filter hook output priority 0; icmpv6 type packet-too-big drop; }; }'`)) // prettier-ignore
    run(within(client, 'ping -6 -c 1 -W 5 fd95:1::2'))
    ends.push(start(server, '/usr/bin/python3', '-c', answering))
    await using plugin = listen(server)
    await using onRouter = listen(router)
    await Promise.all([plugin, onRouter].map((each) => each.until(/"kind":"start"/)))
    ends.push(start(client, '/usr/bin/python3', '-c', asking))
    await plugin.until(/"pmtu\/blackhole"/)
    await onRouter.until(/"pmtu\/ptb-suppressed"/)
    expect((await plugin.end()).status).toBe(1)
    await onRouter.end()
    run(within(router, 'nft delete table inet f'))
    const [kept] = findings(onRouter, 'pmtu/ptb-suppressed')
    expect(kept?.['detail']).toMatch(/packets of fd95:1::2 to fd95:2::2 as too big, and sent no Packet Too Big to it$/)
    const [finding] = findings(plugin, 'pmtu/blackhole')
    expect(finding).toMatchObject({severity: 'error', detail: expect.stringContaining('fd95:1::2 → fd95:2::2: a segment of 1500 bytes') as string}) // prettier-ignore
  })

  test('a flood is told by the exact counts, of which copies are a sample', async () => {
    await using plugin = listen(client)
    await plugin.until(/"kind":"start"/)
    run(within(client, `/usr/bin/python3 -c "${flooding}"`))
    await plugin.until(/"ndp\/ns-flood"/)
    expect((await plugin.end()).status).toBe(1)
    const evidence = findings(plugin, 'ndp/ns-flood').flatMap((finding) => finding['evidence'])
    expect(evidence).toContainEqual(expect.stringMatching(/^exact count of the kernel: \d+ in [\d.]+ s, egress$/))
  })

  test("an address that two MACs claim in turn flaps, by the kernel's own word", async () => {
    await using plugin = listen(client)
    await plugin.until(/"kind":"start"/)
    for (const last of ['aa', 'bb', 'aa'])
      run(`ip -n ${client} neigh replace fd95:2::77 lladdr 02:00:00:00:00:${last} dev eth0 nud reachable`)
    await plugin.until(/"ndp\/neigh-flap"/)
    await plugin.end()
    expect(findings(plugin, 'ndp/neigh-flap')[0]).toMatchObject({severity: 'error', detail: expect.stringContaining('fd95:2::77') as string}) // prettier-ignore
  })
})
