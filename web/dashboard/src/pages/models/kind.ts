/** The kind of models that all panels of the tab are about, as the address names it. */

import { useMemo } from 'react'

import { useFilter } from '../../filters'
import { texts } from '../../texts'
import { useModels } from './reads'
import { measuresOf } from './scores'

/** Returns the models of the kind that the address names, the latest first. */
export function useKind() {
  const result = useModels()
  const all = result.data?.items
  const kinds = useMemo(
    () => [...new Set((all ?? []).map((model) => model.kind))].sort(byWeight),
    [all],
  )
  const [asked, setKind] = useFilter<string>('kind', '')
  const kind = kinds.includes(asked) ? asked : (kinds[0] ?? '')
  const models = useMemo(() => (all ?? []).filter((model) => model.kind === kind), [all, kind])
  const measures = useMemo(() => measuresOf(models[0]?.scores ?? {}), [models])
  const [wanted, setMeasure] = useFilter<string>('measure', '')
  const measure = measures.includes(wanted)
    ? wanted
    : (measures.find((one) => texts.models.mainMeasures.includes(one)) ?? measures[0] ?? '')
  return { result, kinds, kind, setKind, models, measures, measure, setMeasure }
}

const WEIGHT = ['recommender', 'intent', 'abandonment']

function byWeight(a: string, b: string): number {
  const place = (kind: string): number => WEIGHT.indexOf(kind) + 1 || WEIGHT.length + 1
  return place(a) - place(b) || a.localeCompare(b)
}
