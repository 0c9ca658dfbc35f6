/** `{ key: value }`, or nothing when the value is absent: with exactOptionalPropertyTypes an absent key is not undefined. */
export function optional<K extends string, V>(key: K, value: V | undefined): { [P in K]?: V } {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a computed key widens to string
  return value === undefined ? {} : ({ [key]: value } as { [P in K]?: V })
}
