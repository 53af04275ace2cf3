const bars = '▁▂▃▄▅▆▇█'

/** The last values as bars, the largest as the highest; older values fall off at the left. */
export function sparkline(values: readonly number[], width: number): string {
  const shown = values.slice(-width)
  const most = Math.max(0, ...shown)
  return shown
    .map((value) => (most === 0 ? bars.charAt(0) : bars.charAt(Math.round((value / most) * (bars.length - 1)))))
    .join('')
}
