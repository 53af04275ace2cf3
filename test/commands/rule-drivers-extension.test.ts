import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {DriverLab, type Listener, until} from './driver-lab.ts'

const victim = '2001:db8:1::a'
let lab: DriverLab
let listener: Listener
let number = 0

beforeAll(async () => {
  lab = new DriverLab('rext')
  await until(() => lab.hasAddresses)
  await lab.scapy('pass')
  listener = await lab.listen('exthdr')
})

afterAll(async () => {
  await lab[Symbol.asyncDispose]()
})

/** From a source that nothing was said of yet: repeats are folded. */
async function send(...payloads: readonly string[]): Promise<void> {
  const source = `2001:db8:1::${(0x100 + number++).toString(16)}`
  const ip = `Ether(src='02:00:00:00:00:0c',dst='02:00:00:00:00:0a')/IPv6(src='${source}',dst='${victim}'`
  for (const payload of payloads)
    await lab.scapy(`send(${payload.startsWith(',') ? ip + payload : `${ip})/${payload}`})`)
}

const echo = 'ICMPv6EchoRequest()'
const destination = (options: string): string => `IPv6ExtHdrDestOpt(options=[${options}])/${echo}`
const fragment = (offset: number, more: number, bytes: number): string =>
  `IPv6ExtHdrFragment(nh=17,id=${number},offset=${offset / 8},m=${more})/Raw(bytes(${bytes}))`

describe('found by exthdr on a live interface, and nothing else above info:', () => {
  test.each([
    ['a routing header of type 0', ['critical exthdr/rh0'], [`IPv6ExtHdrRouting(type=0,addresses=['2001:db8:1::b'],segleft=1)/${echo}`]],
    ['a second hop-by-hop header', ['error exthdr/hbh-order'], [`IPv6ExtHdrHopByHop()/IPv6ExtHdrHopByHop()/${echo}`]],
    ['three destination options headers', ['warning exthdr/dup'], [`IPv6ExtHdrDestOpt()/IPv6ExtHdrDestOpt()/IPv6ExtHdrDestOpt()/${echo}`]],
    ['a chain of more than 104 bytes', ['warning exthdr/chain-long'], [destination('HBHOptUnknown(otype=0x1f,optdata=bytes(110))')]],
    ['a routing header of type 2 with two addresses', ['error exthdr/malformed'], [`IPv6ExtHdrRouting(type=2,addresses=['2001:db8:1::b','2001:db8:1::c'],segleft=1)/${echo}`]],
    ['an option that its receiver drops', ['warning exthdr/opt-drop'], [destination('HBHOptUnknown(otype=0x9f,optdata=bytes(4))')]],
    ['padding that holds something', ['warning exthdr/pad-covert'], [destination("PadN(optdata=b'secr')")]],
    ['bytes behind no next header', ['warning exthdr/nonh-data'], ['IPv6ExtHdrDestOpt(nh=59)/Raw(bytes(20))']],
    ['bytes behind no next header, and no header before them', ['warning exthdr/nonh-data'], [',nh=59)/Raw(bytes(20))']],
    ['a first header shorter than any', ['error exthdr/trunc'], [',nh=60)/Raw(bytes([58,0,1,0]))']],
    ['a header longer than its packet', ['error exthdr/trunc'], [',nh=60)/Raw(bytes([58,5,1,4,0,0,0,0]))']],
    ['a first fragment without its header', ['error exthdr/frag-no-chain', 'warning exthdr/frag-tiny'], ['IPv6ExtHdrFragment(nh=60,id=1,offset=0,m=1)/Raw(bytes([6,3,1,4,0,0,0,0]))']],
    ['a first fragment with all its headers, and nothing of what they lead to', ['error exthdr/frag-no-chain', 'warning exthdr/frag-tiny'], ['IPv6ExtHdrFragment(nh=60,id=2,offset=0,m=1)/Raw(bytes([6,0,1,4,0,0,0,0]))']],
    ['fragments that overlap', ['critical exthdr/frag-overlap'], [fragment(0, 1, 1400), fragment(1352, 0, 200)]],
    ['a fragment whose length 8 does not divide', ['error exthdr/frag-badlen'], [fragment(0, 1, 1397)]],
    ['a small fragment that is not the last', ['warning exthdr/frag-tiny'], [fragment(0, 1, 64)]],
    ['segment routing, which the kernel drops where it is off', ['warning exthdr/srv6'], [`IPv6ExtHdrSegmentRouting(addresses=['${victim}','2001:db8:1::b'],segleft=1,lastentry=1)/${echo}`]],
    ['destination options before a fragment header without a routing header', ['info exthdr/frag-atomic', 'info exthdr/order'], [`IPv6ExtHdrDestOpt()/IPv6ExtHdrFragment(id=7)/${echo}`]],
    ['an option for experiments', ['info exthdr/experimental'], [destination('HBHOptUnknown(otype=0x1e,optdata=bytes(4))')]],
    ['a protocol for experiments', ['info exthdr/experimental'], [',nh=253)/Raw(bytes(20))']],
    ['one fragment twice', ['info exthdr/frag-dup'], [fragment(0, 1, 1400), fragment(0, 1, 1400), fragment(1400, 0, 100)]],
    ['a fragment that is the whole datagram', ['info exthdr/frag-atomic'], [`IPv6ExtHdrFragment(id=8)/${echo}`]],
    ['a fragment beyond 65535 bytes', ['error exthdr/frag-oversize'], [fragment(65_528, 0, 100)]],
  ] as const)('%s, built with scapy', async (_, expected, payloads) => {
    await send(...payloads)
    expect(await listener.until(expected)).toEqual(expected.toSorted())
  }) // prettier-ignore
})
