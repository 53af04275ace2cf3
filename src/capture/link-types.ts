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

/** Others that are met, so that they can be named. */
const otherNames: ReadonlyMap<number, string> = new Map([
  [6, 'IEEE802_5'],
  [9, 'PPP'],
  [51, 'PPP_ETHER'],
  [105, 'IEEE802_11'],
  [127, 'IEEE802_11_RADIOTAP'],
  [143, 'DOCSIS'],
  [147, 'USER0'],
  [187, 'BLUETOOTH_HCI_H4'],
  [189, 'USB_LINUX'],
  [192, 'PPI'],
  [195, 'IEEE802_15_4_WITHFCS'],
  [220, 'USB_LINUX_MMAPPED'],
  [227, 'CAN_SOCKETCAN'],
  [239, 'NFLOG'],
  [247, 'INFINIBAND'],
  [253, 'NETLINK'],
  [271, 'VSOCK'],
])

/** How frames of this link type begin; undefined where that is not decoded. */
export const linkOf = (linkType: number): LinkType | undefined => links.get(linkType)

export function linkTypeName(linkType: number): string {
  const name = otherNames.get(linkType)
  return name === undefined ? `link type ${linkType}` : `link type ${linkType} (${name})`
}
