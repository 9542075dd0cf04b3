/** How each training did, one after another. */

import { useMemo } from 'react'

import { Chart, type Series } from '../../parts/Chart'
import { Panel } from '../../parts/Panel'
import { Answered, Empty } from '../../parts/States'
import { texts } from '../../texts'
import { useKind } from './kind'
import { ownName, scoreOf } from './scores'
import type { Model } from './shapes'
import { measureName, scoreText } from './words'

const words = texts.models.kinds

export function Trainings() {
  const { result, models, measure } = useKind()
  const { x, series } = useMemo(() => overTime(models, measure), [models, measure])
  const title = words.overTime(measureName(measure))
  return (
    <Panel title={title} definition={words.overTimeMeaning}>
      <Answered result={result} isEmpty={() => x.length === 0} empty={words.noScores}>
        {() =>
          x.length < 2 ? (
            <Empty text={words.oneTraining} />
          ) : (
            <Chart label={title} x={x} series={series} format={scoreText} />
          )
        }
      </Answered>
    </Panel>
  )
}

function overTime(models: readonly Model[], measure: string): { x: number[]; series: Series[] } {
  const told = [...models].reverse().filter((model) => scoreOf(model, ownName(model), measure))
  const own = told.map((model) => scoreOf(model, ownName(model), measure))
  const rival = told.map((model) => scoreOf(model, 'champion', measure)?.value ?? null)
  const series: Series[] = [
    { label: '', values: own.map((one) => one?.high ?? null), isUpperOfBand: true },
    { label: '', values: own.map((one) => one?.low ?? null) },
    {
      label: words.trained,
      values: own.map((one) => one?.value ?? null),
      hasPoints: own.length <= 30,
    },
  ]
  if (rival.some((value) => value !== null))
    series.push({ label: words.championThen, values: rival, colour: 'chart-2', isDashed: true })
  return { x: told.map((model) => Date.parse(model.trained_at) / 1_000), series }
}
