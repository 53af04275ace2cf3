/** The candidate that a mistyped word most likely meant, if any is near enough to say so. */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  const ranked = candidates
    .map((candidate) => ({candidate, distance: editDistance(word.toLowerCase(), candidate.toLowerCase())}))
    .sort((a, b) => a.distance - b.distance)
  const [best] = ranked
  const limit = Math.max(1, Math.floor(word.length / 3))
  return best !== undefined && best.distance <= limit ? best.candidate : undefined
}

/** Insertions, deletions, replacements and swaps of neighbours (optimal string alignment). */
function editDistance(from: string, to: string): number {
  const rows = Array.from({length: from.length + 1}, (_, i) => [i])
  const at = (i: number, j: number): number => rows[i]?.[j] ?? (i === 0 ? j : Infinity)
  for (let i = 1; i <= from.length; i++) {
    for (let j = 1; j <= to.length; j++) {
      const isSame = from[i - 1] === to[j - 1]
      const isSwap = i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1]
      const distance = Math.min(
        at(i - 1, j) + 1,
        at(i, j - 1) + 1,
        at(i - 1, j - 1) + (isSame ? 0 : 1),
        isSwap ? at(i - 2, j - 2) + 1 : Infinity,
      )
      ;(rows[i] ?? [])[j] = distance
    }
  }
  return at(from.length, to.length)
}
