import koffi from 'koffi'

/** A C struct to be filled in: off V8's heap, so that its address stays. */
export class Struct {
  readonly bytes: Uint8Array
  readonly view: DataView

  constructor(size: number) {
    const memory = new ArrayBuffer(size)
    this.bytes = new Uint8Array(memory)
    this.view = new DataView(memory)
  }

  u32(offset: number, value: number): this {
    this.view.setUint32(offset, value, true)
    return this
  }

  u64(offset: number, value: bigint | number): this {
    this.view.setBigUint64(offset, BigInt(value), true)
    return this
  }

  /** The caller keeps `target` alive for as long as C may look at it. */
  pointer(offset: number, target: Uint8Array): this {
    return this.u64(offset, koffi.address(target))
  }

  read(offset: number): number {
    return this.view.getUint32(offset, true)
  }
}
