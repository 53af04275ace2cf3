import {describe, expect, test} from 'vitest'
import {LinkTable} from '../../src/pod-agent/link-table.ts'
import type {Link, RouteMessage} from '../../src/pod-agent/rtnetlink.ts'

const eth0: Link = {index: 2, name: 'eth0', kind: 'ethernet', mtu: 1500, isUp: true, isLoopback: false, isBare: false}
const link = (change: Partial<Link> = {}): RouteMessage => ({type: 'link', link: {...eth0, ...change}})
const address = (type: 'address' | 'address-gone', ...bytes: number[]): RouteMessage => ({
  type,
  address: {index: 2, address: Uint8Array.from(bytes)},
})

describe('the table of interfaces', () => {
  test('knows an interface with its addresses', () => {
    const table = new LinkTable()
    table.apply(link())
    table.apply(address('address', 192, 0, 2, 1))
    const change = table.apply(address('address', 0xfd, ...Array<number>(14).fill(0), 1))
    expect(change).toEqual({type: 'changed', link: {...eth0, addresses: ['192.0.2.1', 'fd00::1']}})
    table.apply(address('address-gone', 192, 0, 2, 1))
    expect(table.links).toEqual([{...eth0, addresses: ['fd00::1']}])
  })

  test('tells a vanished interface once, and forgets its addresses', () => {
    const table = new LinkTable()
    table.apply(link())
    table.apply(address('address', 192, 0, 2, 1))
    expect(table.apply({type: 'link-gone', index: 2})).toMatchObject({type: 'gone', link: {name: 'eth0'}})
    expect(table.apply({type: 'link-gone', index: 2})).toBeUndefined()
    expect(table.apply(link())).toEqual({type: 'changed', link: {...eth0, addresses: []}})
  })

  test('takes over a fresh dump: what is missing there is gone, the rest is told again', () => {
    const table = new LinkTable()
    table.apply(link())
    table.apply(link({index: 3, name: 'veth1'}))
    const changes = table.replace([link({name: 'wan0'}), address('address', 192, 0, 2, 1)])
    expect(changes).toEqual([
      {type: 'gone', link: expect.objectContaining({index: 3, name: 'veth1'}) as unknown},
      {type: 'changed', link: {...eth0, name: 'wan0', addresses: ['192.0.2.1']}},
    ])
  })

  test('says nothing of an address whose interface it does not know yet, and shows it later', () => {
    const table = new LinkTable()
    expect(table.apply(address('address', 192, 0, 2, 1))).toBeUndefined()
    expect(table.apply(link())).toMatchObject({link: {addresses: ['192.0.2.1']}})
  })
})
