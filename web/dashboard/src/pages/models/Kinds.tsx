/** Models of each kind: which serves, how well, beside what; and who takes over. */

import { useMemo, useState } from 'react'

import { Panels, type PanelEntry } from '../../app/PageFrame'
import { useFilter } from '../../filters'
import { dateTime, decimal, fixed, number, since } from '../../format'
import { useNow } from '../../live/use-live'
import { Chart, type Series } from '../../parts/Chart'
import { Select } from '../../parts/Form'
import { Intervals, between } from '../../parts/Intervals'
import { Panel } from '../../parts/Panel'
import { Answered, Empty } from '../../parts/States'
import { type Column, Table } from '../../parts/Table'
import { texts } from '../../texts'
import { Card } from './Card'
import { DriftNotes } from './DriftNotes'
import { type Change, TakeOver } from './TakeOver'
import { useMay, useModels } from './reads'
import { comparison, measuresOf, ownName, scoreOf } from './scores'
import type { Model } from './shapes'
import { kindName, measureName } from './words'

const words = texts.models.kinds

const PANELS: readonly PanelEntry[] = [
  { key: 'serving', span: 12, content: Serving },
  { key: 'beside', span: 7, content: Beside },
  { key: 'trainings', span: 5, content: Trainings },
  { key: 'versions', span: 12, content: Versions },
  { key: 'drift', span: 12, content: DriftNotes },
]

export function KindsOfModels() {
  return <Panels panels={PANELS} />
}

/** Returns the models of the kind that the address names, the latest first. */
export function useKind() {
  const result = useModels()
  const all = result.data?.items
  const kinds = useMemo(() => [...new Set((all ?? []).map((model) => model.kind))].sort(byWeight), [all])
  const [asked, setKind] = useFilter<string>('kind', '')
  const kind = kinds.includes(asked) ? asked : (kinds[0] ?? '')
  const models = useMemo(() => (all ?? []).filter((model) => model.kind === kind), [all, kind])
  const measures = useMemo(() => measuresOf(models[0]?.scores ?? {}), [models])
  const [wanted, setMeasure] = useFilter<string>('measure', '')
  const measure = measures.includes(wanted) ? wanted : (measures.find((one) => texts.models.mainMeasures.includes(one)) ?? measures[0] ?? '')
  return { result, kinds, kind, setKind, models, measures, measure, setMeasure }
}

const WEIGHT = ['recommender', 'intent', 'abandonment']

function byWeight(a: string, b: string): number {
  const place = (kind: string): number => (WEIGHT.indexOf(kind) + 1 || WEIGHT.length + 1)
  return place(a) - place(b) || a.localeCompare(b)
}

interface KindRow {
  kind: string
  champion: Model | undefined
  shadow: Model | undefined
  trainings: number
}

function Serving() {
  const { result, kinds, kind, setKind } = useKind()
  const now = useNow()
  const all = result.data?.items ?? []
  const rows = kinds.map((each): KindRow => {
    const mine = all.filter((model) => model.kind === each)
    return {
      kind: each,
      champion: mine.find((model) => model.is_champion),
      shadow: mine.find((model) => model.is_shadow),
      trainings: mine.length,
    }
  })
  const columns: readonly Column<KindRow>[] = [
    { key: 'kind', title: words.kind, show: (row) => <strong>{kindName(row.kind)}</strong> },
    { key: 'champion', title: words.serves, show: ({ champion }) => <span className="whole">{champion?.version ?? words.none}</span> },
    { key: 'since', title: words.since, show: ({ champion }) => (
        <span className="whole">{champion?.promoted_at ? since(now - Date.parse(champion.promoted_at)) : texts.models.nothing}</span>
      ) },
    { key: 'until', title: words.learntUntil, isNumber: true, show: ({ champion }) => number(champion?.until) },
    { key: 'shadow', title: words.shadow, show: ({ shadow }) => <span className="whole">{shadow?.version ?? texts.models.nothing}</span> },
    {
      key: 'drift',
      title: words.drift,
      show: ({ champion }) =>
        champion?.drift ? (
          <span className="pill" data-tone="warn">
            {words.driftSince(since(now - Date.parse(champion.drift.at)))}
          </span>
        ) : (
          <span className="soft">{words.noDrift}</span>
        ),
    },
    { key: 'trainings', title: words.trainings, isNumber: true, show: (row) => number(row.trainings) },
  ]
  return (
    <Panel title={words.serving} definition={words.servingMeaning} at={result.dataUpdatedAt} isStale={Boolean(result.error)}>
      <Answered result={result} isEmpty={(answer) => answer.items.length === 0} empty={words.empty}>
        {() => (
          <Table
            caption={words.serving}
            columns={columns}
            rows={rows}
            rowKey={(row) => row.kind}
            onOpen={(row) => setKind(row.kind)}
            isSelected={(row) => row.kind === kind}
          />
        )}
      </Answered>
    </Panel>
  )
}

/** The model, its rival of that time and simple baselines, measured on the same cases. */
function Beside() {
  const { result, kind, models, measures, measure, setMeasure } = useKind()
  const [version, setVersion] = useFilter<string>('version', '')
  const model = models.find((one) => one.version === version) ?? models[0]
  const rows = useMemo(() => (model ? comparison(model, measure) : []), [model, measure])
  const title = words.beside(kindName(kind))
  const sheet = () => ({
    columns: ['name', 'measure', 'value', 'low', 'high'],
    rows: model ? measures.flatMap((one) => comparison(model, one).map((row) => [row.key, one, row.value, row.low, row.high])) : [],
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
            <Intervals label={`${title}, ${measureName(measure)}`} rows={rows} format={score} formatMark={decimal} reference={model && ownName(model)} from={0} />
            <p className="small soft">{words.measureMeaning(measureName(measure), texts.models.measureMeanings[measure] ?? '')}</p>
          </>
        )}
      </Answered>
    </Panel>
  )
}

function MeasureSelect({ measures, measure, setMeasure }: { measures: readonly string[]; measure: string; setMeasure: (value: string) => void }) {
  return (
    <Select
      label={words.measure}
      value={measure}
      onChange={setMeasure}
      choices={measures.map((value) => ({ value, label: measureName(value) }))}
    />
  )
}

/** How each training did, one after another. */
function Trainings() {
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
            <Chart label={title} x={x} series={series} format={score} />
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
    { label: words.trained, values: own.map((one) => one?.value ?? null), hasPoints: own.length <= 30 },
  ]
  if (rival.some((value) => value !== null)) series.push({ label: words.championThen, values: rival, colour: 'chart-2', isDashed: true })
  return { x: told.map((model) => Date.parse(model.trained_at) / 1_000), series }
}

function Versions() {
  const { result, kind, models, measure } = useKind()
  const mayChange = useMay('ml')
  const [card, setCard] = useState<Model | null>(null)
  const [change, setChange] = useState<Change | null>(null)
  const hasFormer = models.filter((model) => model.promoted_at).length > 1
  const columns = useMemo(() => columnsOf(measure, setCard), [measure])
  const shown = mayChange ? [...columns, actions(setChange)] : columns
  const sheet = () => ({
    columns: ['kind', 'version', 'trained_at', 'promoted_at', 'is_champion', 'is_shadow', 'until', measure],
    rows: models.map((one) => [one.kind, one.version, one.trained_at, one.promoted_at, String(one.is_champion), String(one.is_shadow), one.until, scoreOf(one, ownName(one), measure)?.value]),
  })
  return (
    <Panel
      title={words.versions(kindName(kind))}
      definition={words.versionsMeaning}
      at={result.dataUpdatedAt}
      isStale={Boolean(result.error)}
      sheet={sheet}
      actions={
        mayChange && hasFormer ? (
          <button type="button" className="button slim" onClick={() => setChange({ does: 'rollback', kind, version: '' })}>
            {words.rollBack}
          </button>
        ) : null
      }
    >
      <Answered result={result} isEmpty={() => models.length === 0} empty={words.empty}>
        {() => <Table caption={words.versions(kindName(kind))} columns={shown} rows={models} rowKey={(model) => model.version} />}
      </Answered>
      {card && <Card model={card} onClose={() => setCard(null)} />}
      {change && <TakeOver change={change} onClose={() => setChange(null)} />}
    </Panel>
  )
}

function columnsOf(measure: string, open: (model: Model) => void): readonly Column<Model>[] {
  return [
    {
      key: 'version',
      title: words.version,
      sortBy: (model) => model.version,
      show: (model) => (
        <button type="button" className="link whole" onClick={() => open(model)} aria-label={words.openCard(model.version)}>
          {model.version}
        </button>
      ),
    },
    { key: 'state', title: words.state, show: (model) => <State model={model} /> },
    { key: 'trained', title: words.trainedAt, show: (model) => <span className="whole">{dateTime(model.trained_at)}</span>, sortBy: (model) => model.trained_at },
    { key: 'until', title: words.learntUntil, isNumber: true, show: (model) => number(model.until), sortBy: (model) => model.until },
    {
      key: 'score',
      title: measureName(measure),
      isNumber: true,
      sortBy: (model) => scoreOf(model, ownName(model), measure)?.value ?? -1,
      show: (model) => {
        const found = scoreOf(model, ownName(model), measure)
        if (!found) return texts.models.nothing
        return (
          <>
            {score(found.value)} <span className="soft small">{found.low !== null && between({ key: '', label: '', ...found }, score)}</span>
          </>
        )
      },
    },
  ]
}

function State({ model }: { model: Model }) {
  const states = texts.models.states
  if (model.is_champion) return <span className="pill" data-tone="good">{states.champion}</span>
  if (model.is_shadow) return <span className="pill" data-tone="accent">{states.shadow}</span>
  return <span className="pill">{model.promoted_at ? states.former : states.waiting}</span>
}

/** Kinds of which a challenger may answer unseen. */
const SHADOWED = new Set(['recommender'])

function actions(ask: (change: Change) => void): Column<Model> {
  const button = (model: Model, does: Change['does'], label: string) => (
    <button
      type="button"
      className="button slim"
      aria-label={`${label}: ${model.version}`}
      onClick={() => ask({ does, kind: model.kind, version: model.version })}
    >
      {label}
    </button>
  )
  return {
    key: 'actions',
    title: words.actions,
    isNumber: true,
    show: (model) => (
      <span className="row end">
        {model.is_shadow && button(model, 'unshadow', words.unshadow)}
        {!model.is_champion && !model.is_shadow && SHADOWED.has(model.kind) && button(model, 'shadow', words.shadowIt)}
        {!model.is_champion && button(model, 'promote', words.promote)}
      </span>
    ),
  }
}

function score(value: number): string {
  return fixed(value, 4)
}
