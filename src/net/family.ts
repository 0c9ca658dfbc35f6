/** An IP family, spelled as `Service.spec.ipFamilies` and `EndpointSlice.addressType` spell it. */
export type Family = 'IPv4' | 'IPv6'

export const families: readonly Family[] = ['IPv4', 'IPv6']
