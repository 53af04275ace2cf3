/** All of this file, of addresses as RFC 5952 text. */
export const isMulticast = (address: string): boolean => address.startsWith('ff') && address.indexOf(':') === 4

/** fe80::/10. */
export const isLinkLocal = (address: string): boolean => /^fe[89ab][\da-f]:/.test(address)

/** RFC 4291 §2.7.1: ff02::1:ff00:0/104. */
export const isSolicitedNode = (address: string): boolean => /^ff02::1:ff[\da-f]{2}:[\da-f]{1,4}$/.test(address)
