import type { NameRewrite } from '../config/corefile/plugins/rewrite-name.ts'
import type { Rewrite } from '../config/corefile/plugins/rewrite.ts'
import type { Question } from '../dns/message.ts'
import { nameChange, nameTest, patternChange } from './name-match.ts'
import { namesBack, suffixBack, type AnswerChange } from './rewrite-answer.ts'

/** What a rule does to a question, and is to do to the answer; undefined when it is not for it. */
export type RewriteRule = (question: Question) => Rewritten | undefined

export interface Rewritten {
  readonly question: Question
  readonly changes: readonly AnswerChange[]
}

export function rewriteRule(rule: Rewrite['rule']): RewriteRule {
  switch (rule.kind) {
    case 'name':
      return nameRule(rule)
    case 'type':
    case 'class': {
      const { kind, from, to } = rule
      return (question) =>
        question[kind] === from.number ? { question: { ...question, [kind]: to.number }, changes: [] } : undefined
    }
    case 'ttl': {
      const fits = nameTest(rule.match)
      const changes = [{ part: 'ttl', min: rule.min, max: rule.max } as const]
      return (question) => (fits(question.name.toLowerCase()) ? { question, changes } : undefined)
    }
  }
}

function nameRule(rule: NameRewrite): RewriteRule {
  const { match, to, auto, answers } = rule
  const back = wayBack(rule)
  const change = nameChange(match, to)
  const fixed = answers.map(({ part, from, to: into }): AnswerChange => {
    const changed = patternChange(from, into)
    return { part: part === 'name' ? 'owner' : 'data', rename: (name) => changed(name) ?? name }
  })
  return (question) => {
    const asked = question.name.toLowerCase()
    const name = change(asked)
    if (name === undefined) return undefined
    return { question: { ...question, name }, changes: [...(auto ? back(asked, name) : []), ...fixed] }
  }
}

/** With a suffix alone the other names in an answer that end in it are known to be meant as well. */
function wayBack({ match }: NameRewrite): (asked: string, name: string) => readonly AnswerChange[] {
  if (match.kind !== 'suffix') return namesBack
  const { text } = match
  return (asked, name) => suffixBack(text, name.slice(asked.length - text.length))
}
