import {randomBytes} from 'node:crypto'
import type {IncomingMessage, Server} from 'node:http'
import type {AddressInfo} from 'node:net'
import type {Duplex} from 'node:stream'
import {type WebSocket, WebSocketServer} from 'ws'
import {portTaken} from '../errors.ts'
import {type ClientMessage, type Proof, subprotocol} from '../protocol/message.ts'
import type {Message} from './outbox.ts'
import {readClientMessage} from './client-message.ts'

/** Imported as a module it loads undici for the sake of its export `WebSocket`: 30 ms. */
const {createServer, STATUS_CODES} = process.getBuiltinModule('node:http')
const patienceMs = 5000
const mostUnproved = 8
const mostBytesFromClient = 4096

export interface Visitors {
  isProved(nonce: string, signature: string): boolean
  /** Called once for each connection that has proved itself. */
  welcome(client: ProvedClient, resumeAfter: number): void
}

/** The socket of a client that holds the private key. */
export class ProvedClient {
  readonly #socket: WebSocket

  constructor(socket: WebSocket) {
    this.#socket = socket
    socket.on('ping', (payload: Buffer) => socket.pong(payload))
  }

  get isOpen(): boolean {
    return this.#socket.readyState === this.#socket.OPEN
  }

  /** What the kernel has not taken yet. */
  get bufferedBytes(): number {
    return this.#socket.bufferedAmount
  }

  send(message: Message): void {
    if (!this.isOpen) return
    if (typeof message === 'string') {
      this.#socket.send(message)
      return
    }
    const [header, records] = message
    this.#socket.send(header, {fin: false})
    this.#socket.send(records)
  }

  /** Resolves when everything was handed to the kernel, or cannot be any more. */
  flush(): Promise<void> {
    return new Promise((resolve) => {
      if (!this.isOpen) {
        resolve()
        return
      }
      this.#socket.once('close', () => resolve())
      // An empty ping comes after all that was sent before.
      this.#socket.ping(undefined, undefined, () => resolve())
    })
  }

  close(code: number, reason: string): void {
    this.#socket.close(code, reason)
  }

  terminate(): void {
    this.#socket.terminate()
  }

  onMessage(listen: (message: ClientMessage) => void): void {
    this.#socket.on('message', (bytes: Buffer, isBinary) => {
      const message = isBinary ? undefined : readClientMessage(bytes.toString())
      if (message === undefined) this.#socket.close(1008, 'not a message of this protocol')
      else listen(message)
    })
  }

  onSign(listen: () => void): void {
    for (const sign of ['ping', 'pong', 'message'] as const) this.#socket.on(sign, listen)
  }

  onClose(listen: (code: number) => void): void {
    this.#socket.on('close', listen)
  }
}

/** Listens on 127.0.0.1. Every process of the node can connect; none but the client's gets past the challenge. */
export class ClientServer {
  readonly port: number
  readonly #server: Server

  private constructor(server: Server) {
    this.#server = server
    const {port} = server.address() as AddressInfo // a TCP server that listens
    this.port = port
  }

  static async listen(port: number, visitors: Visitors): Promise<ClientServer> {
    const waiting = new WaitingRoom()
    const sockets = new WebSocketServer({
      noServer: true,
      maxPayload: mostBytesFromClient,
      perMessageDeflate: false,
      // An answer to a ping would be one byte more than the challenge.
      autoPong: false,
      handleProtocols: () => subprotocol,
    })
    const server = createServer({maxHeaderSize: mostBytesFromClient}, (_request, response) => {
      response.writeHead(426, {connection: 'close'}).end()
    })
    server.on('clientError', (_error, socket: Duplex) => socket.destroy())
    server.on('connection', (socket: Duplex) => waiting.admit(socket))
    server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      const refusal = refusalOf(request)
      if (refusal !== undefined) {
        refuse(socket, refusal)
        return
      }
      sockets.handleUpgrade(request, socket, head, (client) => challenge(client, visitors, () => waiting.leave(socket)))
    })
    await bind(server, port)
    return new ClientServer(server)
  }

  /** Stops listening; connections are the callers' to close. */
  close(): void {
    this.#server.close()
    this.#server.closeAllConnections()
  }
}

function bind(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(error.code === 'EADDRINUSE' ? portTaken(port) : error)
    })
    server.listen(port, '127.0.0.1', resolve)
  })
}

/** Connections that have proved nothing yet: few, and not for long. The newest are kept, so that nobody can keep the client out by waiting. */
class WaitingRoom {
  readonly #timers = new Map<Duplex, NodeJS.Timeout>()

  admit(socket: Duplex): void {
    const [oldest] = this.#timers.keys()
    if (oldest !== undefined && this.#timers.size >= mostUnproved) oldest.destroy()
    this.#timers.set(socket, setTimeout(() => socket.destroy(), patienceMs).unref())
    socket.on('close', () => this.leave(socket))
    socket.on('error', () => socket.destroy())
  }

  leave(socket: Duplex): void {
    clearTimeout(this.#timers.get(socket))
    this.#timers.delete(socket)
  }
}

/** Browsers send an Origin with every WebSocket; the plugin never does. */
function refusalOf({headers}: IncomingMessage): 400 | 403 | undefined {
  if (headers.origin !== undefined) return 403
  const offered = headers['sec-websocket-protocol']?.split(',').map((each) => each.trim())
  return offered?.includes(subprotocol) === true ? undefined : 400
}

function refuse(socket: Duplex, status: 400 | 403): void {
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\nConnection: close\r\n\r\n`)
}

function challenge(socket: WebSocket, visitors: Visitors, leaveWaitingRoom: () => void): void {
  const nonce = randomBytes(32).toString('base64')
  socket.on('error', () => socket.terminate())
  socket.once('message', (bytes: Buffer, isBinary) => {
    const proof = isBinary ? undefined : proofIn(bytes)
    // Not even a close frame: whoever cannot prove itself gets nothing.
    if (proof === undefined || !visitors.isProved(nonce, proof.signature)) {
      socket.terminate()
      return
    }
    leaveWaitingRoom()
    visitors.welcome(new ProvedClient(socket), proof.resumeAfter)
  })
  socket.send(JSON.stringify({type: 'challenge', nonce}))
}

function proofIn(bytes: Buffer): Proof | undefined {
  const message = readClientMessage(bytes.toString())
  return message?.type === 'proof' ? message : undefined
}
