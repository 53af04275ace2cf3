/** Reads in network order. Behind the end of `bytes` there are zeros: callers compare with their own end before. */
export const u8 = (bytes: Uint8Array, at: number): number => bytes[at] ?? 0

export const u16 = (bytes: Uint8Array, at: number): number => (u8(bytes, at) << 8) | u8(bytes, at + 1)

export const u32 = (bytes: Uint8Array, at: number): number => u16(bytes, at) * 0x1_00_00 + u16(bytes, at + 2)

const hexOf = Array.from({length: 256}, (_, byte) => byte.toString(16).padStart(2, '0'))

/** Lower case, without separators. */
export function hexText(bytes: Uint8Array, at: number, end: number): string {
  let text = ''
  for (let i = at; i < end; i++) text += hexOf[u8(bytes, i)] ?? ''
  return text
}

/** `02:00:00:00:00:0a` of the 6 bytes at `at`. */
export function macText(bytes: Uint8Array, at: number): string {
  let text = hexOf[u8(bytes, at)] ?? ''
  for (let i = at + 1; i < at + 6; i++) text += `:${hexOf[u8(bytes, i)] ?? ''}`
  return text
}
