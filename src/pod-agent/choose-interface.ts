import type {Link} from './rtnetlink.ts'

/** Which interfaces a run observes. Without a pattern that includes: every one that is up, but the loopback. */
export function interfaceChoice(patterns: readonly string[]): (link: Link) => boolean {
  const excluded = patterns.filter((each) => each.startsWith('!')).map((each) => globPattern(each.slice(1)))
  const included = patterns.filter((each) => !each.startsWith('!')).map((each) => globPattern(each))
  return (link) => {
    if (excluded.some((each) => each.test(link.name))) return false
    if (included.length === 0) return link.isUp && !link.isLoopback
    return included.some((each) => each.test(link.name))
  }
}

/** `*`, `?` and `[a-z]`, `[!a-z]` as in a shell; an open bracket without its end is itself. */
function globPattern(glob: string): RegExp {
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
