import {copyRoomLayout, packetCopyLayout} from '../generated/kernel-layout.ts'
import type {Clock} from './native/clock.ts'
import type {Libc} from './native/libc.ts'
import {SharedMemory} from './native/memory.ts'

/** COPY_ROOM of bpf/copies.h: bytes of a ring, without its margin. */
const copyRoomBytes = 1 << 19

interface Place {
  readonly time: number
  readonly at: number
  readonly size: number
}

/** The reading end of struct copy_room: a ring for each CPU, read as one, in order of time. */
export class CopyRooms {
  readonly #clock: Clock
  readonly #memory: SharedMemory
  readonly #view: DataView
  readonly #positions: BigUint64Array
  readonly #cpus: number

  constructor(libc: Libc, {fd, cpus, clock}: {readonly fd: number; readonly cpus: number; readonly clock: Clock}) {
    this.#clock = clock
    this.#cpus = cpus
    this.#memory = new SharedMemory(libc, {fd, size: cpus * copyRoomLayout.size})
    this.#view = new DataView(this.#memory.buffer)
    this.#positions = new BigUint64Array(this.#memory.buffer)
  }

  /**
   * Copies what was written before this call, one record after the other, each padded to 8 bytes, and makes room for more. What comes while
   * the rings are looked at one by one waits for the next call: an answer on one CPU must not be told before its question on another.
   */
  take(): {readonly records: Uint8Array; readonly count: number} {
    const now = Number(this.#clock.monotonicNs())
    const rooms = Array.from({length: this.#cpus}, (_, cpu) => this.#written(cpu, now))
    const places = rooms.flatMap((room) => room.places).toSorted((one, other) => one.time - other.time)
    const records = new Uint8Array(places.reduce((sum, {size}) => sum + size, 0))
    let used = 0
    for (const {at, size} of places) {
      records.set(new Uint8Array(this.#memory.buffer, at, size), used)
      used += size
    }
    for (const [cpu, {end}] of rooms.entries()) Atomics.store(this.#positions, this.#word(cpu, 'read'), end)
    return {records, count: places.length}
  }

  close(): void {
    this.#memory.close()
  }

  #written(cpu: number, now: number): {readonly places: readonly Place[]; readonly end: bigint} {
    const places: Place[] = []
    const written = Number(Atomics.load(this.#positions, this.#word(cpu, 'written')))
    let position = Number(Atomics.load(this.#positions, this.#word(cpu, 'read')))
    while (position < written) {
      const at = cpu * copyRoomLayout.size + copyRoomLayout.bytes + (position % copyRoomBytes)
      const time = Number(this.#view.getBigUint64(at + packetCopyLayout.time, true))
      if (time > now) break
      const size = (packetCopyLayout.size + this.#view.getUint16(at + packetCopyLayout.captured, true) + 7) & ~7
      places.push({time, at, size})
      position += size
    }
    return {places, end: BigInt(position)}
  }

  #word(cpu: number, position: 'read' | 'written'): number {
    return (cpu * copyRoomLayout.size + copyRoomLayout[position]) / 8
  }
}
