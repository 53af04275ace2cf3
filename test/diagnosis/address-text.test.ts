import {expect, test} from 'vitest'
import {multicastMacOf} from '../../src/diagnosis/address-text.ts'

test.each([
  ['ff02::1', '33:33:00:00:00:01'],
  ['ff02::1:ff00:2', '33:33:ff:00:00:02'],
  ['ff02::1:ff12:3456', '33:33:ff:12:34:56'],
  ['ff05:1:2:3:4:5:6:7', '33:33:00:06:00:07'],
  ['ff05::', '33:33:00:00:00:00'],
  ['ff05::6:0', '33:33:00:06:00:00'],
])('%s is sent to %s on Ethernet', (ip, mac) => {
  expect(multicastMacOf(ip)).toBe(mac)
})
