import {statSync} from 'node:fs'
import {describe, expect, test} from 'vitest'
import type {NeighbourChange} from '../../src/diagnosis/observation.ts'
import {readNeighbourChanges} from '../../src/events/neighbour-change.ts'
import {readRetransmissions} from '../../src/events/retransmission.ts'
import {readDropCopies, readDropReport} from '../../src/protocol/drops.ts'
import {LossRing} from '../../src/pod-agent/trace-losses.ts'
import {readLosses} from '../../src/protocol/losses.ts'
import {runInPair} from './pair.ts'
import {recordsOf, watchWhile} from './traces.ts'

const pair = runInPair()

const changesOf = (events: Parameters<typeof recordsOf>[0]): readonly NeighbourChange[] =>
  recordsOf(events, 'neighbours').flatMap((records) =>
    [...readNeighbourChanges(records, () => 'v0')].map(({change}) => change),
  )

async function joined(): Promise<void> {
  pair.home.ip('-6 address replace fd00::a/64 dev v0 nodad')
  pair.far.ip('-6 address replace fd00::b/64 dev v1 nodad')
  await pair.home.run('ping', '-6', '-c', '1', '-W', '5', 'fd00::b')
}

describe('tracepoints', () => {
  test('tell how a neighbour is resolved, changed and removed, and leave nothing behind', async () => {
    const {events, stopped} = await watchWhile({feeds: {neighbours: true}}, async () => {
      await joined()
      pair.home.ip('-6 neigh replace fd00::b lladdr 02:00:00:00:00:99 nud stale dev v0')
      pair.home.ip('-6 neigh del fd00::b dev v0')
    })
    const changes = changesOf(events).filter(({ip}) => ip === 'fd00::b')
    const macOfFar = /link\/ether (\S+)/.exec(pair.far.ip('link show v1'))?.[1]
    expect(changes.map(({event, oldState, state, mac}) => [event, oldState, state, mac])).toEqual(
      expect.arrayContaining([
        ['create', undefined, 'NONE', undefined],
        ['update', 'INCOMPLETE', 'REACHABLE', macOfFar],
        ['update', 'REACHABLE', 'STALE', '02:00:00:00:00:99'],
      ]),
    )
    expect(changes.find(({mac}) => mac === '02:00:00:00:00:99')?.oldMac).toBe(macOfFar)
    expect(changes.at(-1)?.event).toBe('remove')
    expect(stopped).toMatchObject({clean: true, remains: []})
    expect(stopped.removed.links).toBeGreaterThanOrEqual(6)
  })

  test('leave neighbours of other namespaces out', async () => {
    const {events} = await watchWhile({feeds: {neighbours: true}}, async () => {
      await joined()
      await pair.far.run('ping', '-6', '-c', '1', '-W', '5', 'fd00::a')
    })
    expect(changesOf(events).map(({ip}) => ip)).not.toContain('fd00::a')
  })

  test('tell what TCP sends again, and on which connection', async () => {
    const {events} = await watchWhile({feeds: {retransmissions: true}}, async () => {
      await joined()
      await pair.far.run('nft', 'add table ip6 t; add chain ip6 t c { type filter hook input priority 0; }')
      await pair.home.run('/usr/bin/python3', '-c', retransmitting, pair.far.name)
    })
    const told = recordsOf(events, 'retransmissions').flatMap((records) => [...readRetransmissions(records, 7n)])
    const ours = told.find(({retransmission}) => retransmission.destinationPort === 7070)
    expect(ours?.retransmission).toMatchObject({source: 'fd00::a', destination: 'fd00::b', length: 100})
    expect(ours?.timeNs).toBeGreaterThan(7n)
  })

  test('count each drop by reason and function', async () => {
    const {events} = await watchWhile({feeds: {drops: true}}, async () => {
      await joined()
      await sendUdp(100)
    })
    const reports = recordsOf(events, 'drops').map(readDropReport)
    // Others on this kernel drop packets too.
    const far = statSync(pair.far.path).ino
    const closed = reports
      .flatMap(({counts}) => counts)
      .filter(({reason, protocol, network}) => reason === 'NO_SOCKET' && protocol === 17 && network === far)
    expect(closed.at(-1)).toMatchObject({
      count: 100,
      interface: 'v1',
      symbol: expect.stringContaining('udp6') as string,
      family: 6,
    })
    expect(reports.at(-1)?.uncounted).toBe(0)
    const copies = recordsOf(events, 'drop-copies').flatMap(readDropCopies)
    const [copy] = copies.filter(({reason, network}) => reason === 'NO_SOCKET' && network === far)
    expect(copy?.length).toBe(40 + 8 + 4)
    expect(
      Buffer.from(copy?.bytes ?? '', 'base64')
        .subarray(0, 7)
        .toString('hex'),
    ).toMatch(/^6.{7}000c11$/)
  })
})

/** Connects, has the other end drop what comes, and sends until the kernel has sent it again (tcpi_total_retrans). */
const retransmitting = `
import socket, struct, subprocess, sys, time
far = ['nsenter', '--net=/run/netns/' + sys.argv[1]]
listening = "import socket; s = socket.socket(socket.AF_INET6); s.bind(('::', 7070)); s.listen(); print('ready', flush=True); s.accept()[0].recv(1); s.accept()"
server = subprocess.Popen([*far, '/usr/bin/python3', '-c', listening], stdout=subprocess.PIPE)
server.stdout.readline()
client = socket.create_connection(('fd00::b', 7070))
subprocess.run([*far, 'nft', 'add rule ip6 t c tcp dport 7070 drop'], check=True)
client.send(b'x' * 100)
while struct.unpack_from('I', client.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 104), 100)[0] == 0: time.sleep(0.01)
server.kill()
subprocess.run([*far, 'nft', 'delete table ip6 t'], check=True)
`
test('what the rings had no room for is told when there is more of it', () => {
  const losses = {drops: 0, dropsFiltered: 9, dropCopies: 0, neighbours: 0, retransmissions: 0}
  const ring = new LossRing({losses})
  expect(ring.take().count).toBe(0)
  losses.neighbours = 3
  expect(readLosses(ring.take().records)).toEqual({neighbours: 3, retransmissions: 0, drops: 0})
  expect(ring.take().count).toBe(0)
})

const script = `
import socket, sys
out = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
for each in range(int(sys.argv[1])):
  out.sendto(b'1234', ('fd00::b', 9))
`
/** To a port that nobody has, unconnected: an error that comes back stops nothing. */
const sendUdp = (count: number): Promise<string> => pair.home.run('/usr/bin/python3', '-c', script, String(count))
