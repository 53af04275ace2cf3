import type {Window} from './window.ts'

/** Where frames of a capture come from. */
export interface CaptureInterface {
  /** As the capture has it, from the wire: escape before showing. `#0` where it has none. */
  readonly name: string
  /** https://www.ietf.org/archive/id/draft-ietf-opsawg-pcaplinktype */
  readonly linkType: number
}

/** The frame that the reader stands on; the next one takes its place. */
export class FrameCursor {
  /** Offset in the window's bytes. */
  at = 0
  captured = 0
  /** Bytes on the wire. */
  length = 0
  interface = 0
  /** Since 1970; a Simple Packet Block has no time, and keeps that of the frame before it. */
  seconds = 0
  nanoseconds = 0
  /** As the capture says it. */
  direction: 'ingress' | 'egress' | undefined = undefined
}

/** One file format. */
export interface CaptureFormat {
  /** In the order in which frames number them; more may come. */
  readonly interfaces: readonly CaptureInterface[]
  /** Goes to the next frame; false when the window must be filled first. Throws Malformed. */
  next(window: Window, cursor: FrameCursor): boolean
}

/** What a capture has that none can have. */
export class Malformed extends Error {
  override readonly name = 'Malformed'
}

/** A capture of a version that is not read. */
export class OtherVersion extends Error {
  override readonly name = 'OtherVersion'
}
