import type { Labels } from './labels.ts'

/** One condition on the labels of an object; all of a selector must hold. */
export type LabelRequirement =
  | { readonly key: string; readonly operator: 'Exists' | 'DoesNotExist' }
  /** The label has, or has not, one of the values; an object without the label is `NotIn`. Values are sorted. */
  | { readonly key: string; readonly operator: 'In' | 'NotIn'; readonly values: readonly string[] }

/** Whether an object with these labels is selected; a selector without requirements selects everything. */
export function matchesLabels(labels: Labels | undefined, selector: readonly LabelRequirement[]): boolean {
  return selector.every((requirement) => meets(labels, requirement))
}

function meets(labels: Labels | undefined, requirement: LabelRequirement): boolean {
  const value = labels !== undefined && Object.hasOwn(labels, requirement.key) ? labels[requirement.key] : undefined
  switch (requirement.operator) {
    case 'Exists':
      return value !== undefined
    case 'DoesNotExist':
      return value === undefined
    case 'In':
      return value !== undefined && requirement.values.includes(value)
    case 'NotIn':
      return value === undefined || !requirement.values.includes(value)
  }
}
