import {parsePrefix} from '../address/prefix.ts'
import {isLinkLocal} from '../address/scope.ts'
import {formatIPv6, parseAddress} from '../address/text.ts'
import type {Expected} from '../diagnosis/rule.ts'
import {badUsage} from '../errors.ts'
import type {FlagReader} from './flag-reader.ts'

export function readExpected(text: FlagReader): Expected {
  const routers = text.list('expect-router').map(routerOf)
  const nameServers = text.list('expect-dns').map(nameServerOf)
  const announcers = text.list('expect-announcer').map(announcerOf)
  return {
    ...(routers.length === 0 ? {} : {routers}),
    ...(nameServers.length === 0 ? {} : {nameServers}),
    ...(announcers.length === 0 ? {} : {announcers}),
  }
}

/** Routers advertise from a link-local address (RFC 4861 §4.2): any other would match none. */
function routerOf(value: string): string {
  const mac = value.toLowerCase().replaceAll('-', ':')
  if (/^([\da-f]{2}:){5}[\da-f]{2}$/.test(mac)) return mac
  const address = parseAddress(value)
  const ip = address?.family === 6 && address.zone === undefined ? formatIPv6(address.bytes) : ''
  if (isLinkLocal(ip)) return ip
  throw badUsage(
    `--expect-router ${value} is no link-local address and no MAC, and routers advertise from nothing else`,
    'Write it as the RA shows it, without an interface: fe80::1 or 02:00:5e:00:00:01.',
  )
}

function nameServerOf(value: string): string {
  const prefix = parsePrefix(value)
  if (prefix?.family === 6 && prefix.zone === undefined) return value
  throw badUsage(
    `--expect-dns ${value} is no IPv6 address or prefix`,
    'Write it as 2001:db8::53 or 2001:db8:53::/64, without an interface.',
  )
}

function announcerOf(value: string): string {
  const address = parseAddress(value)
  if (address?.family === 6 && address.zone === undefined) return formatIPv6(address.bytes)
  throw badUsage(`--expect-announcer ${value} is no IPv6 address`, 'Write the address that is announced: fd00:10::50.')
}
