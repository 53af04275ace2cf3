/** IANA's ICMPv6 types, in the words of their RFCs, as kebab-case. */
export const icmpv6TypeNames: Readonly<Record<number, string>> = {
  1: 'destination-unreachable', 2: 'packet-too-big', 3: 'time-exceeded', 4: 'parameter-problem', // RFC 4443
  128: 'echo-request', 129: 'echo-reply',
  130: 'multicast-listener-query', 131: 'multicast-listener-report', 132: 'multicast-listener-done', // RFC 2710
  133: 'router-solicitation', 134: 'router-advertisement', 135: 'neighbor-solicitation', 136: 'neighbor-advertisement', 137: 'redirect', // RFC 4861
  138: 'router-renumbering', // RFC 2894
  139: 'node-information-query', 140: 'node-information-response', // RFC 4620
  141: 'inverse-neighbor-solicitation', 142: 'inverse-neighbor-advertisement', // RFC 3122
  143: 'multicast-listener-report-v2', // RFC 9777
  144: 'home-agent-discovery-request', 145: 'home-agent-discovery-reply', 146: 'mobile-prefix-solicitation', 147: 'mobile-prefix-advertisement', // RFC 6275
  148: 'certification-path-solicitation', 149: 'certification-path-advertisement', // RFC 3971
  151: 'multicast-router-advertisement', 152: 'multicast-router-solicitation', 153: 'multicast-router-termination', // RFC 4286
  154: 'fmipv6', 155: 'rpl-control', 156: 'ilnpv6-locator-update', 157: 'duplicate-address-request', 158: 'duplicate-address-confirmation', 159: 'mpl-control',
  160: 'extended-echo-request', 161: 'extended-echo-reply', // RFC 8335
} // prettier-ignore

/** RFC 4443 §3, RFC 7112, RFC 8754, RFC 8883: what the code of an error says. */
export const icmpv6CodeNames: Readonly<Record<number, readonly string[]>> = {
  1: ['no-route', 'administratively-prohibited', 'beyond-scope-of-source', 'address-unreachable', 'port-unreachable', 'source-address-failed-policy', 'reject-route', 'error-in-source-routing-header', 'headers-too-long'],
  3: ['hop-limit-exceeded', 'reassembly-time-exceeded'],
  4: ['erroneous-header', 'unrecognized-next-header', 'unrecognized-option', 'incomplete-header-chain', 'sr-upper-layer-header-error', 'unrecognized-next-header-at-intermediate-node', 'extension-header-too-big', 'extension-header-chain-too-long', 'too-many-extension-headers', 'too-many-options', 'option-too-big'],
} // prettier-ignore
