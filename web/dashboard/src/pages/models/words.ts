/** Names of models, measures and scores as people read them. */

import { fixed } from '../../format'
import { texts } from '../../texts'

const words = texts.models

/** Writes a version in little room: the day and hour of its training are what tells it apart. */
export function shortVersion(version: string): string {
  return version.length > 34 ? `${version.slice(0, 31)}…` : version
}

export function kindName(kind: string): string {
  return words.kindNames[kind] ?? readable(kind)
}

export function measureName(measure: string): string {
  return words.measures[measure] ?? readable(measure)
}

export function scoreText(value: number): string {
  return fixed(value, 4)
}

export function readable(name: string): string {
  const text = name.replaceAll('_', ' ')
  return text.charAt(0).toUpperCase() + text.slice(1)
}

export function policyName(policy: string): string {
  return words.replays.policyNames[policy] ?? policy
}
