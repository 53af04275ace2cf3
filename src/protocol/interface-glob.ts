/** One pattern of `AgentSettings.interfaces` without its `!`: `*`, `?` and `[a-z]`, `[!a-z]` as in a shell; an open bracket without its end is itself. */
export function interfaceGlob(glob: string): RegExp {
  const source = glob.replaceAll(
    /\[(!?)([^\]]+)\]|[\s\S]/g,
    (part, negation: string | undefined, set: string | undefined) => {
      if (set !== undefined) return `[${negation === '!' ? '^' : ''}${set.replaceAll(/[\\^[]/g, String.raw`\$&`)}]`
      if (part === '*') return '.*'
      if (part === '?') return '.'
      return part.replace(/[\\^$.|+(){}[\]]/, String.raw`\$&`)
    },
  )
  return new RegExp(`^${source}$`, 's')
}
