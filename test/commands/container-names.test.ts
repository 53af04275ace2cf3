import {mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {createServer, type Server} from 'node:http'
import type {AddressInfo} from 'node:net'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterEach, beforeEach, describe, expect, test, vi} from 'vitest'
import {ContainerNames} from '../../src/commands/container-names.ts'
import type {HeldSocket} from '../../src/protocol/binding.ts'

const node = {node: 'node1', target: 'node/node1'}
const [early, late, never] = ['a', 'b', 'c'].map((letter) => letter.repeat(64))
const sockets = [early, late, never].map((container) => ({owner: {pid: 1, container}}) as unknown as HeldSocket) // what names are about

describe('names of containers', () => {
  let folder: string
  let server: Server
  let names: ContainerNames
  let nowMs = 1_000_000
  let asked = 0
  let started = [early]

  beforeEach(async () => {
    vi.spyOn(performance, 'now').mockImplementation(() => nowMs)
    server = createServer((_, response) => {
      asked += 1
      const containerStatuses = started.map((id) => ({name: 'main', containerID: `containerd://${id}`}))
      const items = [{metadata: {namespace: 'default', name: 'web'}, status: {containerStatuses}}]
      response.writeHead(200, {'content-type': 'application/json'}).end(JSON.stringify({items}))
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    folder = mkdtempSync(join(tmpdir(), 'names-'))
    const kubeconfig = join(folder, 'config')
    const config = {
      'current-context': 'a',
      clusters: [{name: 'c', cluster: {server: `http://127.0.0.1:${(server.address() as AddressInfo).port}`}}],
      users: [{name: 'u', user: {token: 'secret'}}],
      contexts: [{name: 'a', context: {cluster: 'c', user: 'u'}}],
    }
    writeFileSync(kubeconfig, JSON.stringify(config))
    names = new ContainerNames({kubeconfig}, AbortSignal.timeout(30_000))
  })
  afterEach(async () => {
    vi.restoreAllMocks()
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
    rmSync(folder, {recursive: true})
  })

  const named = async () => (await names.name(node, sockets)).map(({owner}) => owner?.named?.pod)

  test('are asked for again while some are missing: every 5 s, and not for ever', async () => {
    expect(await named()).toEqual(['web', undefined, undefined])
    started = [early, late]
    expect([await named(), asked]).toEqual([['web', undefined, undefined], 1])
    nowMs += 5000
    expect(names.mayKnowMore(node, sockets)).toBe(true)
    expect([await named(), asked]).toEqual([['web', 'web', undefined], 2])
    for (let times = 0; times < 20; times++) {
      nowMs += 5000
      await named()
    }
    expect([names.mayKnowMore(node, sockets), asked]).toEqual([false, 6])
  })
})
