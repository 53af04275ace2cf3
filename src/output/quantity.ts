const steps = ['', 'k', 'M', 'G', 'T', 'P', 'E'] as const

/** Three figures and an SI step: 999, 1.23 k, 45.6 M. The unit follows the step. */
export function siQuantity(value: number, unit = ''): string {
  let step = 0
  let rest = value
  while (rest >= 999.5 && step < steps.length - 1) {
    rest /= 1000
    step++
  }
  const figures =
    step === 0 ? String(Math.round(rest * 10) / 10) : rest.toFixed(rest >= 99.95 ? 0 : rest >= 9.995 ? 1 : 2)
  const suffix = `${steps[step] ?? ''}${unit}`
  return suffix === '' ? figures : `${figures} ${suffix}`
}

export const byteQuantity = (bytes: number): string => siQuantity(bytes, 'B')
export const bitRate = (bytesPerSecond: number): string => siQuantity(bytesPerSecond * 8, 'bit/s')
export const packetRate = (packetsPerSecond: number): string => siQuantity(packetsPerSecond, 'pkt/s')

/** Exact, for summaries: 1,234,567. */
export const exactCount = (value: number | bigint): string => String(value).replaceAll(/\B(?=(\d{3})+$)/g, ',')

/** Two parts at most: 350ms, 12.3s, 4m 05s, 3h 20m, 2d 4h. */
export function shortDuration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)}ms`
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)}s`
  const seconds = Math.round(ms / 1000)
  const two = (value: number): string => String(value).padStart(2, '0')
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m ${two(seconds % 60)}s`
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)}h ${two(Math.floor((seconds % 3600) / 60))}m`
  return `${Math.floor(seconds / 86_400)}d ${Math.floor((seconds % 86_400) / 3600)}h`
}

export const plural = (count: number | bigint, noun: string): string =>
  `${exactCount(count)} ${noun}${count === 1 || count === 1n ? '' : 's'}`
