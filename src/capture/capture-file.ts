import {
  captureBroken,
  captureCompressed,
  captureTruncated,
  captureUnreadable,
  captureVersion,
  notACapture,
  type PluginError,
} from '../errors.ts'
import {type ByteSource, EndsEarly, openBytes} from './byte-source.ts'
import {type CaptureFormat, type CaptureInterface, FrameCursor, Malformed, OtherVersion} from './frame-cursor.ts'
import {isPcap, Pcap} from './pcap.ts'
import {isPcapng, Pcapng} from './pcapng.ts'
import {Window} from './window.ts'

/** By their first bytes; Node has nothing to read them with. */
const otherCompressions: ReadonlyMap<number, string> = new Map([
  [0xfd37_7a58, 'xz'],
  [0x0422_4d18, 'lz4'],
  ...Array.from({length: 9}, (_, level) => [0x425a_6831 + level, 'bzip2'] as const),
])

/** The frames of one capture, one after the other, without an object for each. Memory is that of one window. */
export class CaptureFile implements AsyncDisposable {
  readonly cursor = new FrameCursor()
  readonly path: string
  readonly #source: ByteSource
  readonly #window: Window
  readonly #stop: AbortSignal | undefined
  #format: CaptureFormat | undefined
  #frames = 0
  /** What is wrong with what comes next: told when all before it was taken. */
  #failure: PluginError | undefined

  private constructor(path: string, source: ByteSource, stop: AbortSignal | undefined) {
    this.path = path === '-' ? 'stdin' : path
    this.#source = source
    this.#window = new Window(source)
    this.#stop = stop
  }

  /** Reads as far as the capture's own header. Throws PluginError. */
  static async open(path: string, stop?: AbortSignal): Promise<CaptureFile> {
    const file = new CaptureFile(path, await openBytes(path, stop), stop)
    try {
      await file.#begin()
      return file
    } catch (failure) {
      await file[Symbol.asyncDispose]()
      throw failure
    }
  }

  /** Holds the frame of `cursor` until the next `fill`. */
  get bytes(): Uint8Array {
    return this.#window.bytes
  }

  get interfaces(): readonly CaptureInterface[] {
    return this.#format?.interfaces ?? []
  }

  /** Frames that were met: the number of the one that `cursor` stands on. */
  get frames(): number {
    return this.#frames
  }

  /** Bytes of the file as it is stored; `total` is undefined of a pipe. */
  get progress(): {readonly consumed: number; readonly total: number | undefined} {
    return this.#source
  }

  /** Goes on to the next frame in the window; false when `fill` must come first. */
  next(): boolean {
    if (this.#failure !== undefined) return false
    try {
      if (this.#format?.next(this.#window, this.cursor) !== true) return false
    } catch (cause) {
      this.#failure = this.#told(cause)
      return false
    }
    this.#frames++
    return true
  }

  /** Reads on; false at the end. Throws PluginError where the capture cannot be read to its end. */
  async fill(): Promise<boolean> {
    if (this.#failure !== undefined) throw this.#failure
    const window = this.#window
    if (await this.#fill()) return true
    if (this.#stop?.aborted !== true && (window.has(1) || window.missing > 0)) throw this.#truncated()
    return false
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#source[Symbol.asyncDispose]()
  }

  async #begin(): Promise<void> {
    const window = this.#window
    while (!window.has(4))
      if (!(await this.#fill())) throw notACapture(this.path, window.has(1) ? 'it is too short' : 'it is empty')
    if (isPcapng(window)) {
      this.#format = new Pcapng()
      return
    }
    const compression = otherCompressions.get(window.view.getUint32(window.start))
    if (compression !== undefined) throw captureCompressed(this.path, compression)
    if (!isPcap(window)) throw notACapture(this.path, 'it begins as neither pcap nor pcapng does')
    try {
      while ((this.#format = Pcap.read(window)) === undefined) if (!(await this.#fill())) throw this.#truncated()
    } catch (cause) {
      throw this.#told(cause)
    }
  }

  async #fill(): Promise<boolean> {
    try {
      return await this.#window.fill()
    } catch (cause) {
      if (cause instanceof EndsEarly)
        throw captureBroken(this.path, this.#known, `what is compressed ends or breaks there (${cause.message})`)
      throw captureUnreadable(this.path, cause)
    }
  }

  get #known(): {readonly at: number; readonly frames: number} {
    return {at: this.#window.known, frames: this.#frames}
  }

  #truncated(): PluginError {
    return captureTruncated(this.path, this.#known)
  }

  #told(cause: unknown): PluginError {
    if (cause instanceof OtherVersion) return captureVersion(this.path, cause.message)
    if (cause instanceof Malformed)
      return captureBroken(this.path, {at: this.#window.position, frames: this.#frames}, cause.message)
    throw cause
  }
}
