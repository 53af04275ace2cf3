import {expect, test} from 'vitest'
import type {FirstList} from '../../src/cluster/names.ts'
import {filterNames} from '../../src/commands/filter-names.ts'
import {Notices} from '../../src/commands/notices.ts'
import {notAllowed} from '../../src/errors.ts'
import type {NameWish} from '../../src/events/name-filter.ts'

const refusal = notAllowed({user: 'alice', verb: 'list', resource: 'pods'})
const never = new Promise<FirstList>(() => undefined)
const listed = Promise.resolve({})

async function filtered(wish: NameWish, pods: Promise<FirstList>, services: Promise<FirstList> = listed) {
  const said: string[] = []
  const notices = new Notices({isQuiet: false, isVerbose: false, write: (text) => said.push(text)})
  const clauses = [{side: 'any', negate: false, wants: [wish]}] as const
  const stop = new AbortController().signal
  const table = {podsAndServices: [{namespace: 'shop', pod: 'web-0', labels: {app: 'web'}, service: 'web'}]}
  await filterNames({first: {pods, services}, table}, {clauses, stop, notices, patienceMs: 50})
  return said
}

test('a filter on pods waits for the list of pods, and for no other', async () => {
  const {promise, resolve} = Promise.withResolvers<FirstList>()
  let isOver = false
  const waiting = filtered({by: 'pod', prefix: 'web'}, promise, never).then((said) => {
    isOver = true
    return said
  })
  await new Promise((settle) => setTimeout(settle, 10))
  expect(isOver).toBe(false)
  resolve({})
  expect(await waiting).toEqual([])
})

test('a list that does not come in time is told', async () => {
  expect(await filtered({by: 'service', service: 'web'}, listed, never)).toEqual([
    'The list of names is not complete yet: until it is, the filter on names misses flows.\n',
  ])
})

test('a filter on names that may not be read is an error, for it can match nothing', async () => {
  const refused = Promise.resolve({refusal})
  await expect(filtered({by: 'label', requirements: []}, refused)).rejects.toBe(refusal)
  await expect(filtered({by: 'service', service: 'web'}, listed, refused)).rejects.toBe(refusal)
  expect(await filtered({by: 'namespace', namespace: 'shop'}, listed, refused)).toEqual([])
})

test('where one namespace may be listed, a filter on another can match nothing', async () => {
  const own = Promise.resolve({namespace: 'shop'})
  expect(await filtered({by: 'pod', prefix: 'web'}, own)).toEqual([])
  expect(await filtered({by: 'pod', namespace: 'shop', prefix: 'web'}, own)).toEqual([])
  await expect(filtered({by: 'pod', namespace: 'bank', prefix: 'web'}, own)).rejects.toMatchObject({code: 'bad-usage'})
})

test('a name that nothing has is told, for it may be misspelt', async () => {
  const shop = {namespace: 'shop'}
  const wanted: NameWish[] = [
    {by: 'pod', ...shop, prefix: 'wen'},
    {by: 'service', ...shop, service: 'we'},
    {by: 'namespace', namespace: 'shops'},
    {
      by: 'label',
      requirements: [
        {key: 'app', value: 'web', negate: true},
        {key: 'tier', negate: false},
      ],
    },
  ]
  expect((await Promise.all(wanted.map((wish) => filtered(wish, listed)))).flat()).toEqual([
    'No pod with an address of its own has a name that begins with shop/wen so far.\n',
    'There is no service shop/we so far.\n',
    'No pod with an address of its own, and no service, is in namespace shops so far.\n',
    'No pod with an address of its own has the labels app!=web,tier so far.\n',
  ])
  expect(await filtered({by: 'service', ...shop, service: 'web'}, listed)).toEqual([])
})
