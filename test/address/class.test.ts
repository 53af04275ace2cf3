import {expect, test} from 'vitest'
import {classOf} from '../../src/address/class.ts'
import {parseAddress} from '../../src/address/text.ts'

test.each([
  ['::', 'unspecified'], ['::1', 'loopback'], ['::ffff:10.0.0.1', 'v4-mapped'], ['::ffff:0:10.0.0.1', 'v4-translated'], ['::2', 'v4-compatible'],
  ['64:ff9b::1', 'nat64'], ['64:ff9b:1::1', 'nat64-local'], ['64:ff9b:2::1', 'reserved'], ['100::1', 'discard-only'], ['100:0:0:1::1', 'dummy'], ['100:0:0:2::1', 'reserved'],
  ['2001::1', 'teredo'], ['2001:1::1', 'pcp-anycast'], ['2001:1::2', 'turn-anycast'], ['2001:1::3', 'dns-sd-anycast'], ['2001:1::4', 'ietf-protocol'],
  ['2001:2::1', 'benchmarking'], ['2001:2:1::1', 'ietf-protocol'], ['2001:3::1', 'amt'], ['2001:4:112::1', 'as112'], ['2001:10::1', 'orchid'], ['2001:2f::1', 'orchid-v2'], ['2001:30::1', 'drone-remote-id'],
  ['2001:1ff::1', 'ietf-protocol'], ['2001:200::1', 'global'], ['2001:db8::1', 'documentation'], ['2001:db9::1', 'global'], ['3fff:fff::1', 'documentation'], ['3fff:1000::1', 'global'],
  ['2002::1', '6to4'], ['2620:4f:8000::1', 'as112'], ['2606:4700::1111', 'global'], ['4000::1', 'reserved'], ['5f00::1', 'srv6-sid'], ['fc00::1', 'ula'], ['fdff::1', 'ula'],
  ['fe80::1', 'link-local'], ['febf::1', 'link-local'], ['fec0::1', 'site-local'], ['fe00::1', 'reserved'],
  ['ff01::1', 'multicast-interface'], ['ff02::1', 'multicast-link'], ['ff02::1:ff00:1', 'solicited-node'], ['ff02::1:fe00:1', 'multicast-link'], ['ff03::1', 'multicast-realm'], ['ff14::1', 'multicast-admin'],
  ['ff35::1', 'multicast-site'], ['ff08::1', 'multicast-organization'], ['ff7e::1', 'multicast-global'], ['ff00::1', 'multicast-reserved'], ['ff06::1', 'multicast-unassigned'], ['ff0f::1', 'multicast-reserved'],
  ['0.0.0.0', 'unspecified'], ['0.1.2.3', 'this-network'], ['10.0.0.1', 'private'], ['100.64.0.1', 'shared'], ['100.128.0.1', 'global'], ['127.0.0.53', 'loopback'], ['169.254.169.254', 'link-local'],
  ['172.31.255.255', 'private'], ['172.32.0.0', 'global'], ['192.0.0.9', 'ietf-protocol'], ['192.0.2.1', 'documentation'], ['192.88.99.1', '6to4'], ['192.168.1.1', 'private'], ['198.19.0.1', 'benchmarking'],
  ['198.51.100.1', 'documentation'], ['203.0.113.1', 'documentation'], ['224.0.0.1', 'multicast-link'], ['239.1.1.1', 'multicast-admin'], ['232.1.1.1', 'multicast-global'], ['240.0.0.1', 'reserved'], ['255.255.255.255', 'broadcast'], ['1.1.1.1', 'global'],
] as const)('%s is %s', (text, expected) => {
  const {bytes, family} = parseAddress(text)!
  expect(classOf(bytes, family)).toBe(expected)
}) // prettier-ignore

test('a class is read at any place of a longer record', () => {
  const record = new Uint8Array(64)
  record.set(parseAddress('fe80::1')!.bytes, 24)
  expect(classOf(record, 6, 24)).toBe('link-local')
})
