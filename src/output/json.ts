import {escapeJson} from './escape.ts'

export type JsonValue =
  string | number | bigint | boolean | null | undefined | readonly JsonValue[] | {readonly [key: string]: JsonValue}

/** One object as one line. Integers above 2^53 become strings, since most readers of JSON would round them. */
export const jsonLine = (value: JsonValue): string => `${escapeJson(JSON.stringify(value, exactly))}\n`

function exactly(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return fits(value) ? Number(value) : value.toString()
  if (typeof value === 'number' && Math.abs(value) > Number.MAX_SAFE_INTEGER) return String(BigInt(value))
  return value
}

const fits = (value: bigint): boolean => value <= Number.MAX_SAFE_INTEGER && value >= Number.MIN_SAFE_INTEGER
