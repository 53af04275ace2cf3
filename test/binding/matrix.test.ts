import {describe, expect, test} from 'vitest'
import {isWholly, matrixCases, outcomeOf, places} from '../../src/binding/cases.ts'
import {overlaps, predict} from '../../src/binding/rule.ts'
import type {BindMode, SocketPlan} from '../../src/protocol/binding.ts'

const nowhere = {missing: []}
const plain = (address: string, v6only: boolean | null = null): SocketPlan => ({
  address,
  v6only,
  reuseaddr: false,
  reuseport: false,
})
const spelled = ({address, v6only}: Pick<SocketPlan, 'address' | 'v6only'>): string =>
  v6only === true ? `${address} only` : address

describe('the matrix', () => {
  test('holds every ordered pair of seven addresses under nine settings in three modes, and 28 triples in each', () => {
    const cases = matrixCases(['tcp', 'udp'])
    expect(cases).toHaveLength(3 * (7 * 7 * 9 + 4 * 7))
    expect(new Set(cases.map((each) => JSON.stringify(each))).size).toBe(cases.length)
  })

  test('says in its order which step of which socket was refused', () => {
    const sockets = [plain('0.0.0.0'), plain('::', false)]
    expect(outcomeOf({mode: 'tcp-bound', sockets}, ['ok', 'EADDRINUSE'], 1)).toEqual({bind: 'EADDRINUSE', listen: null})
    expect(outcomeOf({mode: 'tcp-listen', sockets}, ['ok', 'ok', 'ok', 'EADDRINUSE'], 1)).toEqual({
      bind: 'ok',
      listen: 'EADDRINUSE',
    })
  })
})

describe('the rule', () => {
  test('lets two sockets meet where the kernel does, without reuse flags', () => {
    const met = places.map((one) => places.map((other) => (overlaps(one, other) ? 'x' : '.')).join(''))
    // Rows and columns: 0.0.0.0, :: both, :: only, 127.0.0.1, ::1, ::ffff:0.0.0.0, ::ffff:127.0.0.1
    expect(met).toEqual(['xx.x.xx', 'xxxxxxx', '.xx.x..', 'xx.x.xx', '.xx.x..', 'xx.x.xx', 'xx.x.xx'])
    expect(places.map(spelled)[2]).toBe(':: only')
  })

  const share = (flag: 'reuseaddr' | 'reuseport', mode: BindMode): readonly string[] => {
    const socket = {...plain('0.0.0.0'), [flag]: true}
    return predict({mode, sockets: [socket, socket]}, nowhere)
  }

  test('takes SO_REUSEADDR for leave to bind, not to listen twice', () => {
    expect(share('reuseaddr', 'udp')).toEqual(['ok', 'ok'])
    expect(share('reuseaddr', 'tcp-bound')).toEqual(['ok', 'ok', 'ok', 'EADDRINUSE'])
    expect(share('reuseaddr', 'tcp-listen')).toEqual(['ok', 'ok', 'EADDRINUSE'])
  })

  test.each<BindMode>(['udp', 'tcp-bound', 'tcp-listen'])('lets SO_REUSEPORT on both share, %s', (mode) => {
    expect(isWholly(share('reuseport', mode))).toBe(true)
  })

  test('knows no address that the target does not have', () => {
    expect(predict({mode: 'udp', sockets: [plain('::1', false)]}, {missing: ['::1']})).toEqual(['EADDRNOTAVAIL'])
  })
})
