/** Columns that a line may have. Piped text has no width of its own: COLUMNS, or `piped`. */
export function outputWidth(piped: number): number {
  const asked = Number(process.env['COLUMNS'])
  // A terminal that was never told its size says 0.
  if (process.stdout.isTTY && process.stdout.columns > 0) return process.stdout.columns
  return asked > 0 ? asked : piped
}
