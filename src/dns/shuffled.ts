/** The same items in an order as likely as any other (Fisher and Yates); `random` gives a whole number below its limit. */
export function shuffled<T extends object | number>(
  items: readonly T[],
  random: (limit: number) => number,
): readonly T[] {
  const order: T[] = []
  for (const item of items) {
    const place = random(order.length + 1)
    order.push(order[place] ?? item)
    order[place] = item
  }
  return order
}
