import {once} from 'node:events'
import {connect, type Socket} from 'node:net'
import {setTimeout as delay} from 'node:timers/promises'
import {afterEach, beforeEach, describe, expect, test} from 'vitest'
import {WebSocket} from 'ws'
import {clientKey, isProved} from '../../src/pod-agent/proof.ts'
import {ClientServer, type ProvedClient} from '../../src/pod-agent/server.ts'
import {type Challenge, subprotocol} from '../../src/protocol/message.ts'
import {createIdentity} from '../../src/session/identity.ts'

const identity = createIdentity()
let server: ClientServer
let proved: ProvedClient[]
let sockets: (WebSocket | Socket)[]

beforeEach(async () => {
  const key = clientKey(identity.publicKey)
  proved = []
  sockets = []
  server = await ClientServer.listen(0, {
    isProved: (nonce, signature) => isProved(key, {nonce, signature}),
    welcome: (client) => proved.push(client),
  })
})

afterEach(() => {
  for (const socket of sockets) {
    if (socket instanceof WebSocket) socket.terminate()
    else socket.destroy()
  }
  for (const client of proved) client.terminate()
  server.close()
})

function knock(options: {headers?: Record<string, string>; protocol?: string[]} = {}): WebSocket {
  const socket = new WebSocket(`ws://127.0.0.1:${server.port}/`, options.protocol ?? [subprotocol], {
    headers: options.headers ?? {},
  })
  sockets.push(socket)
  return socket
}

/** Everything the socket hears until it closes. */
async function heard(socket: WebSocket): Promise<{messages: string[]; pongs: number; code: number}> {
  const messages: string[] = []
  let pongs = 0
  socket.on('message', (bytes: Buffer) => messages.push(bytes.toString()))
  socket.on('pong', () => pongs++)
  socket.on('error', () => undefined)
  const [code] = (await once(socket, 'close')) as [number]
  return {messages, pongs, code}
}

async function challenged(socket: WebSocket): Promise<string> {
  const [bytes] = (await once(socket, 'message')) as [Buffer]
  return (JSON.parse(bytes.toString()) as Challenge).nonce
}

async function prove(socket: WebSocket): Promise<void> {
  const nonce = await challenged(socket)
  socket.send(JSON.stringify({type: 'proof', signature: identity.prove(nonce), resumeAfter: -1}))
}

async function refusal(socket: WebSocket): Promise<number> {
  socket.on('error', () => undefined)
  const [, response] = (await once(socket, 'unexpected-response')) as [unknown, {statusCode: number}]
  return response.statusCode
}

describe('the agent’s server', () => {
  test('challenges every connection with a nonce of its own and welcomes who signs it', async () => {
    const nonces = await Promise.all([challenged(knock()), challenged(knock())])
    expect(new Set(nonces).size).toBe(2)
    expect(nonces.map((each) => Buffer.from(each, 'base64').length)).toEqual([32, 32])
    await prove(knock())
    await expect.poll(() => proved.length).toBe(1)
  })

  test.each<[string, (socket: WebSocket, nonce: string) => void]>([
    ['a signature by another key', (socket, nonce) => proveAs(socket, createIdentity().prove(nonce))],
    ['a signature of another nonce', (socket) => proveAs(socket, identity.prove('another'))],
    ['no signature', (socket) => socket.send('{"type":"proof"}')],
    ['another message first', (socket) => socket.send('{"type":"stop"}')],
    ['text that is no message', (socket) => socket.send('hello')],
    ['a binary message', (socket) => socket.send(Buffer.alloc(100, 1))],
    ['a message over the limit', (socket) => socket.send('x'.repeat(5000))],
  ])('answers nothing to %s', async (_what, act) => {
    const socket = knock()
    const everything = heard(socket)
    act(socket, await challenged(socket))
    const {messages} = await everything
    expect(messages).toHaveLength(1)
    expect(proved).toHaveLength(0)
  })

  test('answers no ping before the proof, and each after it', async () => {
    const silent = knock()
    const talking = knock()
    const nonce = await challenged(silent)
    await prove(talking)
    await expect.poll(() => proved.length).toBe(1)
    const everything = heard(silent)
    silent.ping()
    talking.ping()
    await once(talking, 'pong')
    proveAs(silent, createIdentity().prove(nonce))
    expect(await everything).toMatchObject({pongs: 0})
  })

  test('refuses browsers, other versions and whoever speaks no subprotocol', async () => {
    expect(await refusal(knock({headers: {origin: 'https://example.org'}}))).toBe(403)
    expect(await refusal(knock({protocol: ['kubectl-ipv6.v0']}))).toBe(400)
    expect(await refusal(knock({protocol: []}))).toBe(400)
  })

  test('closes a connection that proves nothing for 5 s, however it spends them', {timeout: 15_000}, async () => {
    const started = performance.now()
    const idle = connect(server.port, '127.0.0.1')
    const slow = connect(server.port, '127.0.0.1')
    sockets.push(idle, slow)
    slow.write('GET / HTTP/1.1\r\n')
    const trickle = setInterval(() => slow.write('x: y\r\n'), 200)
    // What trickles in while the server closes is answered by a reset, which once() would throw.
    const closed = [idle, slow].map((socket) => {
      socket.on('error', () => undefined).resume()
      return new Promise((resolve) => socket.once('close', resolve))
    })
    await Promise.all([...closed, heard(knock())])
    clearInterval(trickle)
    expect(performance.now() - started).toBeGreaterThan(4900)
  })

  test('stays open to the client while others hold connections', async () => {
    const crowd = Array.from({length: 50}, () => connect(server.port, '127.0.0.1').on('error', () => undefined))
    sockets.push(...crowd)
    await Promise.all(crowd.map((each) => once(each, 'connect')))
    await prove(knock())
    await expect.poll(() => proved.length).toBe(1)
    await delay(50)
    expect(crowd.filter((each) => each.resume().readyState === 'open').length).toBeLessThanOrEqual(8)
  })

  test('closes a proved client that sends what is no message, and only it', async () => {
    const socket = knock()
    const other = knock()
    await Promise.all([prove(socket), prove(other)])
    await expect.poll(() => proved.length).toBe(2)
    for (const client of proved) client.onMessage(() => undefined)
    const everything = heard(socket)
    socket.send('garbage')
    expect((await everything).code).toBe(1008)
    expect(other.readyState).toBe(WebSocket.OPEN)
  })

  test('says which port is taken', async () => {
    const visitors = {isProved: () => false, welcome: () => undefined}
    await expect(ClientServer.listen(server.port, visitors)).rejects.toMatchObject({code: 'port-taken'})
  })
})

function proveAs(socket: WebSocket, signature: string): void {
  socket.send(JSON.stringify({type: 'proof', signature, resumeAfter: -1}))
}
