import {once} from 'node:events'
import {connect, type AddressInfo} from 'node:net'
import {expect, test} from 'vitest'
import {WebSocketServer} from 'ws'
import {subprotocol} from '../../src/protocol/message.ts'
import {createIdentity} from '../../src/session/identity.ts'
import type {AgentDoor} from '../../src/session/watch-agent.ts'
import {watchAgent} from '../../src/session/watch-agent.ts'

/** Says its last word to whoever comes. */
async function agentThatHasEnded(): Promise<{server: WebSocketServer; door: AgentDoor}> {
  const server = new WebSocketServer({host: '127.0.0.1', port: 0, handleProtocols: () => subprotocol})
  await once(server, 'listening')
  const {port} = server.address() as AddressInfo
  const open = () => Promise.resolve(connect({host: '127.0.0.1', port}))
  return {server, door: {node: 'local', ended: new Promise(() => undefined), open}}
}

const stopped = {type: 'stopped', removed: {programs: 0, links: 0, maps: 0}, clean: true, remains: []}
const options = {identity: createIdentity(), silenceMs: 10_000, stop: new AbortController().signal}

test('an agent that has said its last word is left in order: what it was told last arrives', async () => {
  const {server, door} = await agentThatHasEnded()
  const code = new Promise((resolve) =>
    server.on('connection', (socket) => {
      socket.on('close', resolve)
      socket.send(JSON.stringify(stopped))
    }),
  )
  expect(await watchAgent(door, options).next()).toEqual({done: true, value: stopped})
  expect(await code).toBe(1000)
  server.close()
})

test('one that does not close is not waited for', async () => {
  const {server, door} = await agentThatHasEnded()
  server.on('connection', (socket) => {
    socket.send(JSON.stringify(stopped), () => socket.pause())
  })
  expect(await watchAgent(door, options).next()).toEqual({done: true, value: stopped})
  for (const socket of server.clients) socket.terminate()
  server.close()
})
