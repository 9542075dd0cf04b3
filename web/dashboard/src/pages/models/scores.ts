/** Scores of a training: what was measured of the model, of its rivals and of simple baselines. */

import type { Interval } from '../../parts/Intervals'
import { readable } from './words'
import type { Model, Scores } from './shapes'

const END = /_(low|high)$/

/** Returns the measures of a training, in the order in which they were told. */
export function measuresOf(scores: Scores): readonly string[] {
  const all = new Set<string>()
  for (const found of Object.values(scores)) for (const name of Object.keys(found)) if (!END.test(name)) all.add(name)
  return [...all]
}

/** Returns what the trained model itself is called among its scores. */
export function ownName(model: Model): string {
  const { name } = model.settings
  if (typeof name === 'string' && name in model.scores) return name
  return model.version in model.scores ? model.version : (Object.keys(model.scores)[0] ?? '')
}

export interface Score {
  value: number
  low: number | null
  high: number | null
}

export function scoreOf(model: Model, name: string, measure: string): Score | null {
  const found = model.scores[name]
  const value = found?.[measure]
  if (value === undefined) return null
  return { value, low: found?.[`${measure}_low`] ?? null, high: found?.[`${measure}_high`] ?? null }
}

/** Returns a training's scores by one measure: itself, the champion of that time, baselines. */
export function comparison(model: Model, measure: string): readonly Interval[] {
  const own = ownName(model)
  return Object.keys(model.scores).flatMap((name) => {
    const score = scoreOf(model, name, measure)
    if (!score) return []
    const colour = name === own ? 'chart-1' : name === 'champion' ? 'chart-2' : 'chart-soft'
    return [{ key: name, label: readable(name), ...score, colour } satisfies Interval]
  })
}
