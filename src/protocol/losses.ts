/** Records that the kernel's rings had no room for, since the programs were attached. */
export interface RecordLosses {
  readonly neighbours: number
  readonly retransmissions: number
  /** Copies of dropped packets, where copies alone are told. */
  readonly drops: number
}

export const writeLosses = (losses: RecordLosses): Uint8Array => new TextEncoder().encode(JSON.stringify(losses))

/** Agent and plugin are of one build: the layout hash in hello says so. */
export const readLosses = (records: Uint8Array): RecordLosses =>
  JSON.parse(new TextDecoder().decode(records)) as RecordLosses
