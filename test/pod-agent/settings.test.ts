import {describe, expect, test} from 'vitest'
import {readSettings} from '../../src/pod-agent/settings.ts'
import {type AgentSettings, everything, noFeeds} from '../../src/protocol/settings.ts'

const good: AgentSettings = {
  run: '0123456789abcdef',
  publicKey: Buffer.alloc(32, 7).toString('base64'),
  port: 0,
  hook: 'auto',
  interfaces: ['eth*', '!eth9'],
  flows: 8192,
  intervalMs: 1000,
  silenceMs: 15_000,
  maxDurationMs: 3_600_000,
  filter: everything,
  feeds: noFeeds,
}

const prefix = {address: 'fd'.padEnd(32, '0'), length: 64}
const withFilter = (change: object): object => ({...good, filter: {...everything, ...change}})

describe('the settings of an agent', () => {
  test('are read as they were written', () => {
    expect(readSettings(JSON.stringify(good))).toEqual(good)
  })

  test('may name containers and any filter within the limits', () => {
    const settings = {
      ...good,
      containers: ['0a'.repeat(32)],
      filter: {
        families: [4, 6],
        direction: 'egress',
        addresses: [{side: 'any', negate: true, prefixes: [prefix]}],
        ports: [{side: 'source', negate: false, ranges: [{first: 80, last: 80}]}],
        protocols: [{negate: false, numbers: [6, 17]}],
        icmpTypes: [{negate: true, types: [135, 136]}],
      },
    }
    expect(readSettings(JSON.stringify(settings))).toEqual(settings)
  })

  test.each<[string, unknown]>([
    ['settings is not an object', []],
    ['settings.extra is not a known setting', {...good, extra: 1}],
    ['settings.run is not 16 hexadecimal digits', {...good, run: '0123456789ABCDEF'}],
    ['settings.publicKey is not 32 bytes in base64', {...good, publicKey: Buffer.alloc(31).toString('base64')}],
    ['settings.port is not a whole number from 0 to 65535', {...good, port: 65_536}],
    ['settings.hook is not one of auto, tcx, clsact, xdp, xdp-native, xdp-generic', {...good, hook: 'kprobe'}],
    ['settings.interfaces[1] is not a pattern of interface names', {...good, interfaces: ['eth0', '!']}],
    ['settings.flows is not a power of two', {...good, flows: 5000}],
    ['settings.intervalMs is not a whole number from 10 to 2147483647', {...good, intervalMs: 9.5}],
    ['settings.maxDurationMs is not a whole number from 1 to 2147483647', {...good, maxDurationMs: 2 ** 31}],
    ['settings.containers is not a list of 1 to 256', {...good, containers: []}],
    ['settings.filter.families is not a list of 1 to 2', withFilter({families: []})],
    ['settings.filter.families[0] is not one of 4, 6', withFilter({families: [5]})],
    ['settings.filter.direction is not one of ingress, egress', withFilter({direction: 'both'})],
    [
      'settings.filter.addresses[0].prefixes[0].length is not a whole number from 0 to 128',
      withFilter({addresses: [{side: 'any', negate: false, prefixes: [{...prefix, length: 129}]}]}),
    ],
    [
      'settings.filter.addresses[0].prefixes is not a list of 1 to 16',
      withFilter({addresses: [{side: 'any', negate: false, prefixes: Array(17).fill(prefix)}]}),
    ],
    [
      'settings.filter.ports[0].ranges[0] is not a range that ends after it starts',
      withFilter({ports: [{side: 'any', negate: false, ranges: [{first: 9, last: 8}]}]}),
    ],
    [
      'settings.filter.ports[0].negate is not true or false',
      withFilter({ports: [{side: 'any', ranges: [{first: 1, last: 8}]}]}),
    ],
  ])('are refused by path: %s', (message, settings) => {
    expect(() => readSettings(JSON.stringify(settings))).toThrow(`The agent cannot read its settings: ${message}`)
  })

  test('are refused when they are no JSON, or missing', () => {
    expect(() => readSettings('{')).toThrow('The agent cannot read its settings')
    expect(() => readSettings(undefined)).toThrow('there is no argument')
  })
})
