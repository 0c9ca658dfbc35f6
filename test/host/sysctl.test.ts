import { expect, test } from 'vitest'
import { readSysctl, writeSysctl } from '../../src/host/sysctl.ts'

test('reads a setting without its line end, and nothing where the kernel has no such setting', async () => {
  expect(await readSysctl('kernel/ostype')).toBe('Linux')
  expect(await readSysctl('net/ipv4/conf/all/no_such')).toBeUndefined()
})

test('says which setting cannot be read or set, to what, and why', async () => {
  await expect(readSysctl('net/ipv4')).rejects.toThrow('Cannot read sysctl net/ipv4: illegal operation on a directory')
  await expect(writeSysctl('net/ipv4/conf/all/no_such', '1')).rejects.toThrow(
    'Cannot set sysctl net/ipv4/conf/all/no_such to 1: this kernel has no such setting',
  )
  await expect(writeSysctl('kernel/ostype', 'BSD')).rejects.toThrow(
    /^Cannot set sysctl kernel\/ostype from Linux to BSD: (permission denied|operation not permitted)$/,
  )
})
