/** What one family's kernel holds of one service. */
export interface Standing {
  /** Its rules when they were last known: the same object as long as they are the same; undefined without any. */
  readonly held: object | undefined
  /** Whether these are the rules that it should have. */
  readonly isWanted: boolean
  /** Whether they are there still: false after a sync that failed. */
  readonly isCertain: boolean
}
