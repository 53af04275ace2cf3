import {describe, expect, test} from 'vitest'
import {hookedText, InterfaceNews} from '../../src/commands/interface-news.ts'
import type {AttachedInterface, Hello, InterfaceChange} from '../../src/protocol/message.ts'

const link = (name: string, hooks: AttachedInterface['hooks'] = []): AttachedInterface => ({
  name,
  index: 1,
  kind: 'veth',
  mtu: 1500,
  hooks,
  addresses: [],
})
const came = (name: string, pending?: number): InterfaceChange => ({
  type: 'interface',
  change: 'attached',
  interface: link(name),
  ...(pending === undefined ? {} : {pending}),
})

describe('interfaces that come one after the other', () => {
  test('are told by a hundred while more are to come, and the last as usual', () => {
    const news = new InterfaceNews()
    for (let each = 1; each <= 99; each++) news.add(came(`v${each}`, 200 - each))
    expect(news.take()).toEqual([])
    news.add(came('v100', 100))
    expect(news.take()).toEqual(['attached 100 more interfaces, 100 are to come'])
    for (let each = 101; each <= 199; each++) news.add(came(`v${each}`, 200 - each))
    expect(news.take()).toEqual([])
    news.add(came('v200'))
    expect(news.take()).toEqual(['attached 100 interfaces: v101, v102, v103 …'])
    expect(news.take()).toEqual([])
  })

  test('do not hide one that failed or went', () => {
    const news = new InterfaceNews()
    news.add(came('v1', 5))
    news.add({type: 'interface', change: 'gone', interface: link('v9'), pending: 5})
    expect(news.take()).toEqual(['attached v1', 'gone v9'])
  })
})

test('a run begins with how many interfaces it has, and how many are to come', () => {
  const hello = {interfaces: [link('a', [{direction: 'ingress', hook: 'tcx'}]), link('b')]} as unknown as Hello // what is read of it
  expect(hookedText(hello)).toBe('1 of 2 interfaces')
  expect(hookedText({...hello, pending: 998})).toBe('1 of 1,000 interfaces, 998 are being attached')
})
