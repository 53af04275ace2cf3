import type {IncomingMessage} from 'node:http'
import {text as readAll} from 'node:stream/consumers'
import {Duplex} from 'node:stream'
import {WebSocket} from 'ws'
import {ApiFailure, unreachable} from './api-failure.ts'
import type {ClusterConnection} from './connection.ts'

const pingMs = 15_000
const patienceMs = 8000
/** v4.channel.k8s.io: one byte of channel before each frame; each channel's first frame is the port, little-endian. */
const subprotocol = 'v4.channel.k8s.io'
const byteChannel = 0
const errorChannel = 1
/** golang.org/x/net/websocket on the server's side reads frames, not messages, up to 32 MiB. */
const mostBytesAFrame = 1 << 20

export interface PodPort {
  readonly namespace: string
  readonly pod: string
  readonly port: number
}

/** The far end's words for a stream that it ended: nobody listens there, the container is gone. */
export class ForwardError extends Error {
  override readonly name = 'ForwardError'
}

/** A byte stream to a port in a pod, through the API server and the kubelet. Open does not mean that somebody listens: that is told by the first byte, or by a ForwardError. */
export class PodStream extends Duplex {
  readonly #socket: WebSocket
  readonly #greeted = [false, false]
  readonly #heartbeat: NodeJS.Timeout
  #forwardError = ''
  #awaitsPong = false

  private constructor(socket: WebSocket) {
    super({allowHalfOpen: false, readableHighWaterMark: 1 << 20, writableHighWaterMark: 1 << 18})
    this.#socket = socket
    this.#heartbeat = setInterval(() => this.#beat(), pingMs)
    socket.on('message', (frame: Buffer) => this.#receive(frame))
    socket.on('pong', () => (this.#awaitsPong = false))
    socket.on('error', (error) => this.destroy(error))
    socket.on('close', (code, reason) => this.#closed(code, reason.toString()))
  }

  static async open(
    connection: ClusterConnection,
    {namespace, pod, port}: PodPort,
    signal?: AbortSignal,
  ): Promise<PodStream> {
    const {agent, headers} = await connection.access()
    signal?.throwIfAborted()
    const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(pod)}/portforward`
    const url = `${connection.server.replace(/^http/, 'ws')}${path}?ports=${port}`
    const socket = new WebSocket(url, [subprotocol], {
      agent,
      headers: {...headers},
      perMessageDeflate: false,
      maxPayload: 64 << 20,
      handshakeTimeout: patienceMs,
    })
    const abort = () => socket.terminate()
    signal?.addEventListener('abort', abort)
    try {
      return await opened(connection, socket)
    } catch (cause) {
      signal?.throwIfAborted()
      throw cause
    } finally {
      signal?.removeEventListener('abort', abort)
    }
  }

  /** Made in the same turn as the handshake's end, so that no frame passes unheard. */
  static of(socket: WebSocket): PodStream {
    return new PodStream(socket)
  }

  override _read(): void {
    if (this.#socket.isPaused) this.#socket.resume()
  }

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error | null) => void): void {
    let pending = Math.ceil(chunk.length / mostBytesAFrame)
    if (pending === 0) {
      done()
      return
    }
    const sent = (error?: Error | null) => {
      if (error) done(this.#forwardError === '' ? error : new ForwardError(this.#forwardError))
      else if (--pending === 0) done()
    }
    for (let at = 0; at < chunk.length; at += mostBytesAFrame) {
      const part = chunk.subarray(at, at + mostBytesAFrame)
      const frame = Buffer.allocUnsafe(part.length + 1)
      frame[0] = byteChannel
      frame.set(part, 1)
      this.#socket.send(frame, {binary: true}, sent)
    }
  }

  /** The protocol has no half-close: ending one way ends both. */
  override _final(done: () => void): void {
    this.#socket.close(1000)
    done()
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    clearInterval(this.#heartbeat)
    this.#socket.on('error', () => undefined) // a socket that is terminated reports it once more
    if (error === null) this.#socket.close(1000)
    else this.#socket.terminate()
    done(error)
  }

  #receive(frame: Buffer): void {
    const channel = frame[0]
    if (channel !== byteChannel && channel !== errorChannel) return
    const start = this.#greeted[channel] === true ? 1 : 3
    this.#greeted[channel] = true
    if (frame.length <= start) return
    if (channel === errorChannel) this.#forwardError += frame.toString('utf8', start)
    else if (!this.push(frame.subarray(start))) this.#socket.pause()
  }

  #closed(code: number, reason: string): void {
    if (this.#forwardError !== '') this.destroy(new ForwardError(this.#forwardError))
    else if (code === 1000 || code === 1005) this.push(null)
    else this.destroy(new Error(`the port-forward broke (${[code, reason].join(' ').trim()})`))
  }

  #beat(): void {
    // A paused socket reads no pongs: its silence says nothing.
    if (this.#awaitsPong && !this.#socket.isPaused) {
      this.destroy(new Error(`the API server did not answer within ${pingMs / 1000} s`))
      return
    }
    this.#awaitsPong = !this.#socket.isPaused
    this.#socket.ping()
  }
}

function opened(connection: ClusterConnection, socket: WebSocket): Promise<PodStream> {
  return new Promise((resolve, reject) => {
    socket.once('open', () => resolve(PodStream.of(socket)))
    socket.on('error', (error) => reject(unreachable(connection, error)))
    socket.once('unexpected-response', (_request, response: IncomingMessage) => {
      readAll(response)
        .then(
          (body) => reject(ApiFailure.from(response.statusCode ?? 0, body)),
          (error: unknown) => reject(unreachable(connection, error)),
        )
        // Whoever listens to this event ends the request.
        .finally(() => socket.terminate())
    })
  })
}
