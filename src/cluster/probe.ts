import {once} from 'node:events'
import type {ClusterConnection} from './connection.ts'
import {ForwardError, type PodPort, PodStream} from './pod-stream.ts'

const patienceMs = 3000
/** The agent's HTTP server answers 426 to anything that is not a WebSocket. */
const question = 'HEAD / HTTP/1.1\r\nHost: agent\r\nConnection: close\r\n\r\n'

/** Resolves when something listens on the port: an open tunnel alone does not tell, only a first byte does. */
export async function probe(connection: ClusterConnection, port: PodPort, signal: AbortSignal): Promise<void> {
  const limited = AbortSignal.any([signal, AbortSignal.timeout(patienceMs)])
  const stream = await PodStream.open(connection, port, limited)
  try {
    stream.write(question)
    const ended = once(stream, 'end', {signal: limited}).then(() => {
      throw new ForwardError('the connection was closed without a word')
    })
    await Promise.race([once(stream, 'data', {signal: limited}), ended])
  } finally {
    stream.on('error', () => undefined) // nobody listens any more
    stream.destroy()
  }
}
