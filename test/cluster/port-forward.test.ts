import {once} from 'node:events'
import {setTimeout as delay} from 'node:timers/promises'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {ApiFailure} from '../../src/cluster/api-failure.ts'
import {type ClusterConnection, connect} from '../../src/cluster/connection.ts'
import type {LaunchedAgent} from '../../src/cluster/launched-agent.ts'
import {ForwardError, PodStream} from '../../src/cluster/pod-stream.ts'
import {type Cluster, startCluster, whyNoCluster} from './lab.ts'
import {launch} from './launching.ts'
import {standInImage} from './stand-in.ts'

const mebibyte = 1 << 20

describe.skipIf(whyNoCluster() !== undefined)('a stream to a pod', () => {
  let cluster: Cluster
  let connection: ClusterConnection
  let agent: LaunchedAgent

  beforeAll(async () => {
    cluster = await startCluster()
    await cluster.loadImage(standInImage())
    connection = connect({kubeconfig: cluster.kubeconfig})
    agent = await launch(connection)
  })
  afterAll(async () => {
    await agent.remove()
    connection.close()
  })

  const to = (port: number, pod = agent.place.name) => PodStream.open(connection, {namespace: 'kube-system', pod, port})

  test('carries 200 MiB whole and in order', async () => {
    const stream = await agent.open()
    stream.write('bulk 200')
    let received = 0
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      // The stand-in fills each 64 KiB with one letter, in turn.
      expect(chunk[0]).toBe(97 + ((received >> 16) % 26))
      received += chunk.length
    }
    expect(received).toBe(200 * mebibyte)
  })

  test('holds a fast pod back while nobody reads, and loses nothing', async () => {
    const stream = await agent.open()
    const before = process.memoryUsage().rss
    stream.write('bulk 300')
    stream.once('readable', () => undefined)
    await delay(2000)
    expect(stream.readableLength).toBeLessThan(4 * mebibyte)
    expect(process.memoryUsage().rss - before).toBeLessThan(64 * mebibyte)
    let received = 0
    for await (const chunk of stream as AsyncIterable<Buffer>) received += chunk.length
    expect(received).toBe(300 * mebibyte)
  })

  test('holds its writer back while the pod does not read', async () => {
    const stream = await agent.open()
    stream.write('bulk 100')
    const chunk = Buffer.alloc(mebibyte, 'x')
    let written = 0
    // The stand-in reads nothing while it sends, and nobody reads what it sends: the way fills up.
    const drained = async () => stream.write(chunk) || (await Promise.race([once(stream, 'drain'), delay(1000)]))
    while (written < 200 && (await drained()) !== undefined) written++
    expect(stream.writableNeedDrain).toBe(true)
    expect(written).toBeLessThan(100)
    expect(stream.writableLength).toBeLessThan(2 * mebibyte)
    stream.destroy()
  })

  test('splits what is larger than a frame, and its far end joins it', async () => {
    const stream = await agent.open()
    const sent = Buffer.alloc(5 * mebibyte, 'echo')
    let received = 0
    stream.on('data', (chunk: Buffer) => (received += chunk.length))
    stream.write(sent)
    while (received < sent.length) await once(stream, 'data')
    expect(received).toBe(sent.length)
    stream.destroy()
  })

  test('to a port where nobody listens breaks with the far end’s words', async () => {
    const stream = await to(1)
    const [error] = (await once(stream, 'error')) as [Error]
    expect(error).toBeInstanceOf(ForwardError)
    expect(error.message).toContain('connection refused')
  })

  test('to a pod that does not exist is refused with the API’s message', async () => {
    const refusal: unknown = await to(1, 'nowhere').catch((cause: unknown) => cause)
    expect(refusal).toBeInstanceOf(ApiFailure)
    expect(refusal).toMatchObject({status: 404, message: 'pods "nowhere" not found'})
  })

  test('that is ended here ends there', async () => {
    const stream = await agent.open()
    stream.end('bye')
    await once(stream.resume(), 'close')
    expect(stream.destroyed).toBe(true)
  })

  test('is not begun when it is aborted', async () => {
    const abort = new AbortController()
    const opening = agent.open(abort.signal)
    abort.abort(new Error('Ctrl-C'))
    await expect(opening).rejects.toThrow('Ctrl-C')
  })

  test('breaks when the API server dies, and the next one resumes to the same agent', async () => {
    const stream = await agent.open()
    const error = new Promise<Error>((resolve) => stream.resume().once('error', resolve))
    await cluster.killApiserver()
    try {
      expect((await error).message).toMatch(/^the port-forward broke/)
      await expect(agent.open()).rejects.toThrow('cannot be reached')
    } finally {
      await cluster.startApiserver()
    }
    const again = await agent.open()
    again.write('still there')
    expect(String((await once(again, 'data'))[0])).toBe('still there')
    again.destroy()
    expect(await Promise.race([agent.ended, delay(1500, 'alive')])).toBe('alive')
    await cluster.renewKubelets()
  })
})
