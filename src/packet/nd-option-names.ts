/** IANA "IPv6 Neighbor Discovery Option Formats". */
const names: Readonly<Record<number, string>> = {
  1: 'source-link-layer-address', 2: 'target-link-layer-address', 3: 'prefix-information', 4: 'redirected-header', 5: 'mtu', // RFC 4861
  6: 'nbma-shortcut-limit', // RFC 2491
  7: 'advertisement-interval', 8: 'home-agent-information', // RFC 6275
  9: 'source-address-list', 10: 'target-address-list', // RFC 3122
  11: 'cga', 12: 'rsa-signature', 13: 'timestamp', 14: 'nonce', 15: 'trust-anchor', 16: 'certificate', // RFC 3971
  17: 'ip-address-prefix', 18: 'new-router-prefix-information', 19: 'link-layer-address', 20: 'neighbor-advertisement-acknowledgment', // RFC 5568
  23: 'map', // RFC 5380
  24: 'route-information', // RFC 4191
  25: 'rdnss', // RFC 8106
  26: 'flags-extension', // RFC 5175
  27: 'handover-key-request', 28: 'handover-key-reply', // RFC 5269
  29: 'handover-assist-information', 30: 'mobile-node-identifier', // RFC 5271
  31: 'dnssl', // RFC 8106
  32: 'proxy-signature', // RFC 6496
  33: 'address-registration', 34: '6lowpan-context', 35: 'authoritative-border-router', // RFC 6775, 8505
  36: '6lowpan-capability', // RFC 7400
  37: 'captive-portal', // RFC 8910
  38: 'pref64', // RFC 8781
  39: 'crypto-id', 40: 'ndp-signature', // RFC 8928
  41: 'resource-directory-address', // RFC 9176
  42: 'consistent-uptime', // RFC 9926
  138: 'card-request', 139: 'card-reply', // RFC 4065
  144: 'encrypted-dns', // RFC 9463
  253: 'experiment-1', 254: 'experiment-2', // RFC 4727
} // prettier-ignore

export const ndOptionName = (type: number): string => names[type] ?? `option-${type}`
