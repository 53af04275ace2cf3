import {badUsage} from '../errors.ts'

const unitMs: Readonly<Record<string, number>> = {ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000}

/** `30s`, `1h`, `500ms`, `1h30m`, `1.5s`; a bare number is seconds. Never 0. */
export function parseDuration(text: string, flag: string): number {
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d)/g)]
  const isWhole = parts.length > 0 && parts.map(([part]) => part).join('') === text
  const ms = isWhole
    ? parts.reduce((sum, [, amount, unit]) => sum + Number(amount) * (unitMs[unit ?? ''] ?? 0), 0)
    : /^\d+(\.\d+)?$/.test(text)
      ? Number(text) * 1000
      : NaN
  if (!(ms >= 1)) throw badUsage(`--${flag} ${text} is not a duration`, 'Write it as 30s, 5m, 1h or 500ms.')
  return Math.round(ms)
}
