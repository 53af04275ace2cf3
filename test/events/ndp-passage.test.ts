import {expect, test} from 'vitest'
import {Passages} from '../../src/events/ndp-passage.ts'
import {aHeardMessage} from './ndp.ts'

const {heard, message} = aHeardMessage({message: {type: 133, body: {kind: 'router-solicitation'}}})
const at = (name: string, direction: 'ingress' | 'egress', atMs: number) =>
  ({
    type: 'message',
    message,
    heard: {...heard, interface: name, direction, timeNs: BigInt(atMs) * 1_000_000n},
  }) as const

function passages(isJoined: boolean, ...all: [ReturnType<typeof at>, string][]) {
  const found = new Passages({isJoined})
  for (const [news, identity] of all) found.add(news, identity)
  return found.all.map(({later}) => later.map((place) => place.interface))
}

test('one message at several interfaces is one passage, in the order in which it met them', () => {
  const way = [at('veth1', 'ingress', 0), at('cni0', 'ingress', 0), at('eth0', 'egress', 1)] as const
  expect(passages(true, [way[0], 'a'], [at('veth9', 'ingress', 0), 'b'], [way[1], 'a'], [way[2], 'a'])).toEqual([
    ['cni0', 'eth0'],
    [],
  ])
  expect(passages(false, [way[0], 'a'], [way[1], 'a'], [way[2], 'a'])).toEqual([[], [], []])
})

test('what is sent again is told again, at once or later', () => {
  expect(passages(true, [at('veth1', 'ingress', 0), 'a'], [at('veth1', 'ingress', 1), 'a'])).toEqual([[], []])
  expect(passages(true, [at('veth1', 'ingress', 0), 'a'], [at('cni0', 'ingress', 900), 'a'])).toEqual([[], []])
})
