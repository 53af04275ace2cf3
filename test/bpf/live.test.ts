import {spawn} from 'node:child_process'
import {setTimeout} from 'node:timers/promises'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import type {FlowPrograms} from '../../src/pod-agent/flow-programs.ts'
import {ethernet, extension, icmpv6, ipv6, type Layer, tcp, udp} from '../support/packets.ts'
import {far, Lab, near, script} from './lab.ts'
import {isRoot, loadPrograms, mergeCpus, sum, takeAll} from './programs.ts'

const hexLines = (frames: readonly Uint8Array[]): string =>
  frames.map((frame) => `${Buffer.from(frame).toString('hex')}\n`).join('')
const many = (count: number, frame: Uint8Array): readonly Uint8Array[] => Array.from({length: count}, () => frame)
const bare = (packet: Layer): Uint8Array => packet.bytes

describe.skipIf(!isRoot)('on real devices (needs root)', () => {
  let lab: Lab
  let programs: FlowPrograms
  let index: number
  beforeAll(() => {
    lab = new Lab()
    programs = loadPrograms()
    index = lab.index(near.device)
  })
  afterAll(() => {
    programs.close()
    lab[Symbol.dispose]()
  })

  test('frames whose headers are not in the linear area are filed like any other', async () => {
    await using link = await programs.attachTcx({index, direction: 'ingress', bare: false})
    expect(link.linkId).toBeGreaterThan(0)
    await takeAll(programs)
    const sent = [
      ...many(300, ethernet(ipv6(tcp()))),
      ...many(300, ethernet(ipv6(extension(0, extension(60, udp({payload: 100})))))),
      ...many(100, ethernet(ipv6(icmpv6({type: 135, payload: 28})))),
    ]
    lab.farRun(`/usr/bin/python3 ${script('tx-ring.py')} ${far.device}`, hexLines(sent))
    await setTimeout(100)
    const {flows} = await takeAll(programs)
    const ours = mergeCpus(flows).filter((flow) => flow.source.startsWith('20010db8'))
    const sorted = ours
      .map(({protocol, packets, headers}) => ({protocol, packets, headers}))
      .sort((a, b) => a.protocol - b.protocol)
    expect(sorted).toEqual([
      {protocol: 6, packets: 300, headers: []},
      {protocol: 17, packets: 300, headers: ['hop-by-hop', 'destination-options']},
      {protocol: 58, packets: 100, headers: []},
    ])
  })

  const transfers = [
    {title: 'GSO', prepare: [], flags: ['-n', '200M']},
    {title: 'BIG TCP', prepare: ['gso_max_size 196608 gro_max_size 196608'], flags: ['-n', '400M']},
    {title: 'small segments', prepare: [], flags: ['-n', '20M', '-M', '500', '-P', '3']},
  ]
  test.each(transfers)('$title: packets are the segments that the sender counts', async ({prepare, flags}) => {
    for (const setting of prepare) {
      lab.run(`ip link set ${near.device} ${setting}`)
      lab.farRun(`ip link set ${far.device} ${setting}`)
    }
    await using link = await programs.attachTcx({index, direction: 'ingress', bare: false})
    expect(link.linkId).toBeGreaterThan(0)
    const before = await takeAll(programs)
    const segments = lab.farSegments()
    await lab.transfer(...flags)
    await setTimeout(200)
    const {flows, ingress} = await takeAll(programs)
    const counted = sum(flows.filter((flow) => flow.protocol === 6))
    expect(counted.packets).toBe(lab.farSegments() - segments)
    expect(flows.filter((flow) => flow.protocol === 6).flatMap((flow) => flow.headers)).toEqual([])
    expect(ingress.seen.packets - before.ingress.seen.packets).toBe(sum(flows).packets)
  })

  test('a tun device has no link header: both directions are read from the first byte, also when an address looks like an ethertype', async () => {
    const child = spawn('/usr/bin/python3', [script('tun.py'), 'tun0'], {stdio: ['pipe', 'pipe', 'inherit']})
    const said = () => new Promise((resolve) => child.stdout.once('data', resolve))
    await said()
    await using arriving = await programs.attachTcx({index: lab.index('tun0'), direction: 'ingress', bare: true})
    expect(arriving.linkId).toBeGreaterThan(0)
    await using leaving = await programs.attachTcx({index: lab.index('tun0'), direction: 'egress', bare: true})
    expect(leaving.linkId).toBeGreaterThan(0)
    lab.run('ip address add 2001:db8:86dd::1/64 dev tun0 nodad')
    await takeAll(programs)
    const packet = bare(ipv6(udp(), {source: '20010db886dd00000000000000000001'}))
    for (let each = 0; each < 4; each++) {
      child.stdin.write(`${Buffer.from(packet).toString('hex')}\n`)
      await said()
    }
    expect(() => lab.run('ping -6 -c 1 -w 1 -q 2001:db8:86dd::2')).toThrow('ping')
    const {flows} = await takeAll(programs)
    expect(mergeCpus(flows).filter((flow) => flow.protocol === 17)).toMatchObject([
      {packets: 4, bytes: 4 * 52, source: '20010db886dd00000000000000000001'},
    ])
    expect(flows.filter(({ports: [type]}) => type === 128 << 8)).toMatchObject([
      {direction: 'egress', bytes: 104, destination: '20010db886dd00000000000000000002'},
    ])
    child.stdin.end()
    await new Promise((resolve) => child.once('close', resolve))
  })

  test('tags are no obstacle, whether the device took them off or left them in the frame', async () => {
    await using link = await programs.attachTcx({index, direction: 'ingress', bare: false})
    expect(link.linkId).toBeGreaterThan(0)
    await takeAll(programs)
    const tagged = [[0x8100], [0x88a8, 0x8100], [0x9100, 0x8100]].map((tags) => ethernet(ipv6(udp()), {tags}))
    lab.farRun(`/usr/bin/python3 ${script('tx-ring.py')} ${far.device}`, hexLines(tagged))
    await setTimeout(100)
    const {flows} = await takeAll(programs)
    expect(mergeCpus(flows).filter((flow) => flow.protocol === 17)).toMatchObject([
      {packets: 3, bytes: 3 * 52, ports: [1234, 53]},
    ])
  })
})
