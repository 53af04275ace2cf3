import {readFileSync} from 'node:fs'

/** DEVCONF_* of include/uapi/linux/ipv6.h, by the names of their files in net.ipv6.conf.NAME; a kernel that is older sends fewer. */
const interfaceSettings: Readonly<Record<string, number>> = {
  forwarding: 0,
  hop_limit: 1,
  mtu: 2,
  accept_ra: 3,
  accept_redirects: 4,
  autoconf: 5,
  dad_transmits: 6,
  router_solicitations: 7,
  use_tempaddr: 10,
  max_addresses: 15,
  force_mld_version: 16,
  accept_ra_defrtr: 17,
  accept_ra_pinfo: 18,
  accept_ra_rtr_pref: 19,
  accept_ra_rt_info_max_plen: 21,
  proxy_ndp: 22,
  optimistic_dad: 23,
  accept_source_route: 24,
  disable_ipv6: 26,
  accept_dad: 27,
  force_tllao: 28,
  ndisc_notify: 29,
  suppress_frag_ndisc: 32,
  accept_ra_from_local: 33,
  accept_ra_mtu: 35,
  accept_ra_min_hop_limit: 38,
  ignore_routes_with_linkdown: 39,
  drop_unicast_in_l2_multicast: 40,
  drop_unsolicited_na: 41,
  keep_addr_on_down: 42,
  seg6_enabled: 44,
  enhanced_dad: 46,
  addr_gen_mode: 47,
  accept_ra_rt_info_min_plen: 49,
  ndisc_evict_nocarrier: 56,
  accept_untracked_na: 57,
  accept_ra_min_lft: 58,
}
const configuration = 2

/** net.ipv6.conf.NAME.* from IFLA_AF_SPEC of an interface: no file is read, so that a thousand interfaces cost one dump. */
export function settingsOf(specific: Map<number, Buffer>): Readonly<Record<string, number>> {
  const values = specific.get(configuration)
  if (values === undefined) return {}
  return Object.fromEntries(
    Object.entries(interfaceSettings)
      .filter(([, place]) => 4 * place + 4 <= values.length)
      .map(([name, place]) => [name, values.readInt32LE(4 * place)]),
  )
}

const ofAll = [
  'accept_dad',
  'accept_ra',
  'accept_redirects',
  'accept_untracked_na',
  'disable_ipv6',
  'drop_unsolicited_na',
  'forwarding',
  'ndisc_notify',
  'proxy_ndp',
  'seg6_enabled',
  'use_tempaddr',
]
const nodeSettings = [
  ...['all', 'default'].flatMap((scope) => ofAll.map((name) => `ipv6.conf.${scope}.${name}`)),
  'ipv6.bindv6only',
  'ipv6.icmp.ratelimit',
  'ipv6.ip6frag_high_thresh',
  'ipv6.ip6frag_time',
  'ipv6.ip_nonlocal_bind',
  'ipv6.max_dst_opts_length',
  'ipv6.max_dst_opts_number',
  'ipv6.max_hbh_length',
  'ipv6.max_hbh_opts_number',
  'ipv6.route.max_size',
  'ipv6.route.mtu_expires',
  'ipv4.tcp_base_mss',
  'ipv4.tcp_mtu_probing',
]

/** Of the network namespace that the calling thread is in: /proc/sys/net follows the task that reads it. What is absent or refused is left out. */
export function readNodeSettings(): Readonly<Record<string, number>> {
  const values = nodeSettings.map((name) => [name, readText(`/proc/sys/net/${name.replaceAll('.', '/')}`)] as const)
  return Object.fromEntries(values.flatMap(([name, text]) => (text === undefined ? [] : [[name, Number(text)]])))
}

const expected = new Set(['ENOENT', 'EACCES', 'EPERM', 'ESRCH', 'EINVAL'])

/** Undefined where there is no such file or it is not for us. */
export function readText(path: string | number): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    if (expected.has((cause as NodeJS.ErrnoException).code ?? '')) return undefined // what node:fs throws
    throw cause
  }
}
