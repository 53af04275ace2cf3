import {interfaceGlob} from '../protocol/interface-glob.ts'
import type {Link} from './rtnetlink.ts'

/** Which interfaces a run observes. Without a pattern that includes: every one that is up, but the loopback. */
export function interfaceChoice(patterns: readonly string[]): (link: Link) => boolean {
  const excluded = patterns.filter((each) => each.startsWith('!')).map((each) => interfaceGlob(each.slice(1)))
  const included = patterns.filter((each) => !each.startsWith('!')).map((each) => interfaceGlob(each))
  return (link) => {
    if (excluded.some((each) => each.test(link.name))) return false
    if (included.length === 0) return link.isUp && !link.isLoopback
    return included.some((each) => each.test(link.name))
  }
}
