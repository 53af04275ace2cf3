export const timeFormats = ['local', 'rfc3339', 'relative', 'epoch'] as const
export type TimeFormat = (typeof timeFormats)[number]

const second = 1_000_000_000n

/** RFC 3339 in UTC with all nine digits. */
export function rfc3339(ns: bigint): string {
  const date = new Date(Number(ns / 1_000_000n)).toISOString()
  return `${date.slice(0, -4)}${fraction(ns, 9)}Z`
}

/** Nanoseconds since 1970 as text; `relative` counts from `startNs`. */
export function formatTime(ns: bigint, format: TimeFormat, startNs: bigint): string {
  switch (format) {
    case 'rfc3339':
      return rfc3339(ns)
    case 'epoch':
      return `${ns / second}.${fraction(ns, 9)}`
    case 'relative': {
      const since = ns - startNs
      const distance = since < 0n ? -since : since
      return `${since < 0n ? '-' : '+'}${distance / second}.${fraction(distance, 3)}s`
    }
    case 'local':
      return localTime(ns)
  }
}

const fraction = (ns: bigint, digits: number): string => (ns % second).toString().padStart(9, '0').slice(0, digits)

function localTime(ns: bigint): string {
  const date = new Date(Number(ns / 1_000_000n))
  const two = (value: number): string => String(value).padStart(2, '0')
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${fraction(ns, 3)}`
}
