import {createReadStream, readSync} from 'node:fs'
import {type FileHandle, open} from 'node:fs/promises'
import {Readable, type Transform} from 'node:stream'
import {setImmediate} from 'node:timers/promises'
import {createGunzip, createZstdDecompress} from 'node:zlib'
import {captureUnreadable} from '../errors.ts'

/** The bytes of a capture, decompressed, in order. */
export interface ByteSource extends AsyncDisposable {
  /** Fills some of `into`; 0 at the end, also when stopped. Fails with `EndsEarly` where compressed bytes break off. */
  read(into: Uint8Array): Promise<number>
  /** Bytes of the file read so far, as it is stored. */
  readonly consumed: number
  /** Size of the file; undefined of a pipe. */
  readonly total: number | undefined
}

/** Compressed bytes that end or break in the middle. */
export class EndsEarly extends Error {
  override readonly name = 'EndsEarly'
}

const chunkBytes = 1 << 18

/** Opens a file, a FIFO, or `-` for stdin; `stop` ends it as its end would. Throws PluginError for what cannot be opened. */
export async function openBytes(path: string, stop?: AbortSignal): Promise<ByteSource> {
  if (path === '-') return StreamSource.open(process.stdin, {total: undefined, stop})
  let file: FileHandle
  try {
    file = await open(path)
  } catch (cause) {
    throw captureUnreadable(path, reasonOf(cause))
  }
  const stats = await file.stat()
  if (stats.isDirectory()) {
    await file.close()
    throw captureUnreadable(path, 'it is a directory')
  }
  const magic = new Uint8Array(4)
  const isPlain = stats.isFile() && (await file.read(magic, 0, 4, 0), decompressorOf(magic) === undefined)
  if (isPlain) return new FileSource(file, {total: stats.size, stop})
  await file.close()
  const stream = createReadStream(path, {highWaterMark: chunkBytes})
  return StreamSource.open(stream, {total: stats.isFile() ? stats.size : undefined, stop})
}

function reasonOf(cause: unknown): unknown {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined
  if (code === 'ENOENT') return 'there is no such file'
  return code === 'EACCES' ? 'permission denied' : cause
}

/** RFC 1952 §2.3.1, RFC 8878 §3.1.1. */
function decompressorOf(magic: Uint8Array): (() => Transform) | undefined {
  const [a, b, c, d] = magic
  if (a === 0x1f && b === 0x8b) return () => createGunzip({chunkSize: chunkBytes})
  if (a === 0x28 && b === 0xb5 && c === 0x2f && d === 0xfd) return () => createZstdDecompress({chunkSize: chunkBytes})
  return undefined
}

type Chunk = IteratorResult<Buffer, unknown>

interface SourceOptions {
  readonly total: number | undefined
  readonly stop: AbortSignal | undefined
}

/** What stands still is in the page cache, or comes there ahead of us: read in place, it is neither copied nor waits for a thread. */
class FileSource implements ByteSource {
  readonly total: number | undefined
  readonly #file: FileHandle
  readonly #stop: AbortSignal | undefined
  #consumed = 0

  constructor(file: FileHandle, {total, stop}: SourceOptions) {
    this.#file = file
    this.#stop = stop
    this.total = total
  }

  get consumed(): number {
    return this.#consumed
  }

  async read(into: Uint8Array): Promise<number> {
    await setImmediate() // signals come between two reads
    if (this.#stop?.aborted === true) return 0
    const bytesRead = readSync(this.#file.fd, into, 0, Math.min(chunkBytes, into.byteLength), this.#consumed)
    this.#consumed += bytesRead
    return bytesRead
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file.close()
  }
}

class StreamSource implements ByteSource {
  readonly total: number | undefined
  readonly #streams: readonly Readable[]
  readonly #count: {consumed: number}
  readonly #chunks: AsyncIterator<Buffer>
  readonly #stop: AbortSignal | undefined
  #rest: Uint8Array = new Uint8Array(0)

  private constructor(streams: readonly Readable[], count: {consumed: number}, {total, stop}: SourceOptions) {
    const [last] = streams.slice(-1)
    if (last === undefined) throw new TypeError('there is no stream to read')
    this.#streams = streams
    this.#count = count
    this.#chunks = last.iterator() as AsyncIterator<Buffer> // no encoding is set
    this.#stop = stop
    this.total = total
    stop?.addEventListener('abort', () => this.#destroy(), {once: true})
  }

  /** Looks at the first bytes, which say whether the rest is compressed. */
  static async open(stream: Readable, options: SourceOptions): Promise<ByteSource> {
    const count = {consumed: 0}
    const chunks = stream.iterator() as AsyncIterableIterator<Buffer> // no encoding is set
    const destroy = (): unknown => stream.destroy()
    options.stop?.addEventListener('abort', destroy, {once: true})
    const head: Buffer[] = []
    let length = 0
    while (length < 4) {
      const next: Chunk = await chunks.next().catch(stoppedBy(options.stop))
      if (next.done === true) break
      head.push(next.value)
      length += next.value.length
    }
    const all = Readable.from(counted(head, chunks, count), {objectMode: false, highWaterMark: chunkBytes})
    const decompress = decompressorOf(Buffer.concat(head))?.()
    if (decompress === undefined) return new StreamSource([stream, all], count, options)
    all.on('error', (error) => decompress.destroy(error))
    return new StreamSource([stream, all, all.pipe(decompress)], count, options)
  }

  get consumed(): number {
    return this.#count.consumed
  }

  async read(into: Uint8Array): Promise<number> {
    while (this.#rest.byteLength === 0) {
      const next: Chunk = await this.#chunks.next().catch((cause: unknown) => stoppedBy(this.#stop)(early(cause)))
      if (next.done === true) return 0
      this.#rest = next.value
    }
    const taken = this.#rest.subarray(0, into.byteLength)
    into.set(taken)
    this.#rest = this.#rest.subarray(taken.byteLength)
    return taken.byteLength
  }

  #destroy(): void {
    for (const stream of this.#streams) stream.destroy()
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#destroy()
    return Promise.resolve()
  }
}

async function* counted(
  head: readonly Buffer[],
  rest: AsyncIterable<Buffer>,
  count: {consumed: number},
): AsyncGenerator<Buffer, void> {
  for (const chunk of head) {
    count.consumed += chunk.length
    yield chunk
  }
  for await (const chunk of rest) {
    count.consumed += chunk.length
    yield chunk
  }
}

/** A stream that was destroyed to stop it has ended; anything else is a failure. */
const stoppedBy =
  (stop: AbortSignal | undefined) =>
  (cause: unknown): IteratorReturnResult<undefined> => {
    if (stop?.aborted !== true) throw cause
    return {done: true, value: undefined}
  }

/** zlib's own errors: Z_BUF_ERROR, Z_DATA_ERROR, ZSTD_error_… */
function early(cause: unknown): unknown {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
  return /^(Z_|ZSTD_|ERR_ZSTD)/.test(code) ? new EndsEarly(cause instanceof Error ? cause.message : '', {cause}) : cause
}
