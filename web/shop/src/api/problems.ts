/** What to tell people of a problem. */

import { texts } from '../texts'
import { Problem } from './http'

export const said = (error: unknown): string => {
  if (!(error instanceof Problem)) return texts.problem.unknown
  if (!error.status) return texts.problem.unreachable
  const known = texts.problem.byCode[error.code]
  if (known) return known
  if (error.status === 503 || error.status === 429) return texts.problem.busy
  return error.fields.length ? texts.problem.check : error.message || texts.problem.unknown
}

/** What is wrong with each field of a form; codes that are about one field count as its own. */
export const saidOfFields = (error: unknown): Record<string, string> => {
  if (!(error instanceof Problem)) return {}
  if (error.code === 'email_taken') return { email: said(error) }
  if (error.code === 'username_taken') return { username: said(error) }
  return Object.fromEntries(error.fields.map(({ field, message }) => [field, message]))
}

export const isMissing = (error: unknown): boolean =>
  error instanceof Problem && (error.status === 404 || error.status === 410)
