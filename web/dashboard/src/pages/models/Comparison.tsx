/** The model, its rival of that time and simple baselines, measured on the same cases. */

import { useMemo } from 'react'

import { useFilter } from '../../filters'
import { decimal } from '../../format'
import { Select } from '../../parts/Form'
import { Intervals } from '../../parts/Intervals'
import { Panel } from '../../parts/Panel'
import { Answered } from '../../parts/States'
import { texts } from '../../texts'
import { useKind } from './kind'
import { comparison, ownName } from './scores'
import { kindName, measureName, scoreText } from './words'

const words = texts.models.kinds

export function Comparison() {
  const { result, kind, models, measures, measure, setMeasure } = useKind()
  const [version, setVersion] = useFilter<string>('version', '')
  const model = models.find((one) => one.version === version) ?? models[0]
  const rows = useMemo(() => (model ? comparison(model, measure) : []), [model, measure])
  const title = words.beside(kindName(kind))
  const sheet = () => ({
    columns: ['name', 'measure', 'value', 'low', 'high'],
    rows: model
      ? measures.flatMap((one) =>
          comparison(model, one).map((row) => [row.key, one, row.value, row.low, row.high]),
        )
      : [],
  })
  return (
    <Panel
      title={title}
      definition={words.besideMeaning}
      sheet={sheet}
      actions={
        models.length > 0 && (
          <>
            <MeasureSelect {...{ measures, measure, setMeasure }} />
            <Select
              label={words.training}
              value={model?.version ?? ''}
              onChange={(value) => setVersion(value === models[0]?.version ? '' : value)}
              choices={models.map((one) => ({ value: one.version, label: one.version }))}
            />
          </>
        )
      }
    >
      <Answered result={result} isEmpty={() => rows.length === 0} empty={words.noScores}>
        {() => (
          <>
            <Intervals
              label={`${title}, ${measureName(measure)}`}
              rows={rows}
              format={scoreText}
              formatMark={decimal}
              reference={model && ownName(model)}
              from={0}
            />
            <p className="small soft">
              {words.measureMeaning(
                measureName(measure),
                texts.models.measureMeanings[measure] ?? '',
              )}
            </p>
          </>
        )}
      </Answered>
    </Panel>
  )
}

function MeasureSelect({
  measures,
  measure,
  setMeasure,
}: {
  measures: readonly string[]
  measure: string
  setMeasure: (value: string) => void
}) {
  return (
    <Select
      label={words.measure}
      value={measure}
      onChange={setMeasure}
      choices={measures.map((value) => ({ value, label: measureName(value) }))}
    />
  )
}
