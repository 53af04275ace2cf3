import {expect, test} from 'vitest'
import {overlaps} from '../../src/binding/rule.ts'
import {addressFault, isAt} from '../../src/binding/surroundings.ts'

const addresses = ['v0', 'v1'].map((name) => ({ip: 'fe80::1', interface: name, flags: []}))
const target = {settings: {}, addresses: [...addresses, {ip: 'fd00::1', interface: 'v0', flags: []}]}
const place = (address: string) => ({address, v6only: true})

test('an address of a link is one for each link, and any other is one whatever zone is written', () => {
  expect(overlaps(place('fe80::1%v0'), place('fe80::1%v1'))).toBe(false)
  expect(overlaps(place('fd00::1%v0'), place('fd00::1%v1'))).toBe(true)
  expect(target.addresses.filter((each) => isAt(each, 'fe80::1%v1'))).toEqual([addresses[1]])
  expect(addressFault(place('fd00::1%v1'), target, 'udp')).toEqual([])
})

test.each([
  ['fe80::1%v1', undefined],
  ['fe80::1%3', 'fe80::1%3 names no interface of this network namespace that has it, and bind fails: write fe80::1%v0 or fe80::1%v1.'],
  ['fe80::2%v0', 'fe80::2%v0 is no address of this network namespace, and bind fails with EADDRNOTAVAIL'],
])('what is said of %s: %s', (address, sentence) => {
  const [fault] = addressFault(place(address), target, 'udp')
  if (sentence === undefined) expect(fault).toBeUndefined()
  else expect(fault).toContain(sentence)
}) // prettier-ignore
