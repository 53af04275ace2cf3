import {PluginError} from './plugin-error.ts'

const messageOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause)).trim()

/** How far a capture could be read. */
export interface ReadSoFar {
  /** Bytes, of the capture without its compression. */
  readonly at: number
  readonly frames: number
}

export const captureUnreadable = (path: string, cause: unknown): PluginError =>
  new PluginError('capture-unreadable', `The capture ${path} cannot be read: ${messageOf(cause)}`, {
    advice: 'Name a pcap or pcapng file, or - for stdin.',
    cause,
  })

export const notACapture = (path: string, why: string): PluginError =>
  new PluginError('not-a-capture', `${path} is no capture: ${why}`, {
    advice: 'pcap and pcapng are read, also compressed with gzip or zstd. Convert others: editcap FILE out.pcapng',
  })

export const captureCompressed = (path: string, tool: string): PluginError =>
  new PluginError('capture-compressed', `${path} is compressed with ${tool}, which is not read`, {
    advice: `gzip and zstd are. Decompress it: ${tool} -dc FILE | kubectl ipv6 observe --input-file -`,
  })

export const captureVersion = (path: string, version: string): PluginError =>
  new PluginError('capture-version', `${path} is a capture of version ${version}, which is not read`, {
    advice: 'pcap 2.4 and pcapng 1.0 are read. Convert it: editcap FILE out.pcapng',
  })

export const captureTruncated = (path: string, {at, frames}: ReadSoFar): PluginError =>
  new PluginError(
    'capture-truncated',
    `${path} is cut off in the middle of a block at byte ${at}, after frame ${frames}`,
    {advice: 'What came before was read. If it is still being written, read it again when it is closed.'},
  )

export const captureBroken = (path: string, {at, frames}: ReadSoFar, what: string): PluginError =>
  new PluginError('capture-broken', `${path} is broken at byte ${at}, after frame ${frames}: ${what}`, {
    advice: 'What came before was read. Wireshark\'s "reordercap" and "editcap" may save more of it.',
  })

export const captureOfOtherLinks = (path: string, links: readonly string[]): PluginError =>
  new PluginError('capture-link-type', `${path} has no frame that can be decoded: all are of ${links.join(', ')}`, {
    advice:
      'Ethernet, IP without a link header, loopback (NULL, LOOP) and Linux cooked captures (SLL, SLL2) are decoded.',
  })
