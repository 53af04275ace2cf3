import {badUsage} from '../errors.ts'

const mostPatterns = 256

/** The values of -i, refused here if the agent could not take them. A zone of an address chooses the interface. */
export function interfacePatterns(asked: readonly string[], zone: string | undefined): readonly string[] {
  for (const pattern of asked) refuseUnreadable(pattern)
  if (asked.length > mostPatterns) throw badUsage(`-i is given more than ${mostPatterns} times`, 'Use a glob.')
  if (zone === undefined) return asked
  if (asked.some((name) => !name.startsWith('!') && !/[*?[]/.test(name) && name !== zone))
    throw badUsage(
      `An address in zone ${zone} is not on the interfaces ${asked.join(', ')}`,
      `Use -i ${zone}, or leave -i out.`,
    )
  return [zone]
}

function refuseUnreadable(pattern: string): void {
  const glob = pattern.replace(/^!/, '')
  if (!/^[^!/\s]+$/.test(glob))
    throw badUsage(
      `-i "${pattern}" is no interface or glob: neither is empty or holds a space, a slash or a ! that is not the first`,
      `To leave interfaces out: -i 'eth*' -i '!eth0'`,
    )
  for (const [set = ''] of glob.matchAll(/\[[^\]]+\]/g))
    for (const [range, first = '', last = ''] of set.slice(1, -1).matchAll(/(.)-(.)/gs))
      if (first > last)
        throw badUsage(
          `-i "${pattern}" has a range that ends before it starts: ${range}`,
          `Write it as [${last}-${first}].`,
        )
}
