import type {LinkType} from '../packet/packet.ts'

/** Link types of captures that are decoded: LINKTYPE_ numbers of draft-ietf-opsawg-pcaplinktype, and DLT_RAW as systems number it. */
const links: ReadonlyMap<number, LinkType> = new Map([
  [0, 'null'],
  [1, 'ethernet'],
  [12, 'none'],
  [14, 'none'],
  [101, 'none'],
  [108, 'null'],
  [113, 'sll'],
  [228, 'none'],
  [229, 'none'],
  [276, 'sll2'],
])

/** How frames of this link type begin; undefined where that is not decoded. */
export const linkOf = (linkType: number): LinkType | undefined => links.get(linkType)
