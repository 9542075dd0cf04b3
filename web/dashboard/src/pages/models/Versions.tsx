/** The models of a kind: what each does, its card, and the ways to let another answer. */

import { useMemo, useState } from 'react'

import { useMay } from '../../api/session'
import { dateTime, number } from '../../format'
import { between } from '../../parts/Intervals'
import { Panel } from '../../parts/Panel'
import { Answered } from '../../parts/States'
import { type Column, Table } from '../../parts/Table'
import { texts } from '../../texts'
import { Card } from './Card'
import { StatePill } from './StatePill'
import { type Change, TakeOver } from './TakeOver'
import { useKind } from './kind'
import { ownName, scoreOf } from './scores'
import type { Model } from './shapes'
import { kindName, measureName, scoreText } from './words'

const words = texts.models.kinds

export function Versions() {
  const { result, kind, models, measure } = useKind()
  const mayChange = useMay('ml')
  const [card, setCard] = useState<Model | null>(null)
  const [change, setChange] = useState<Change | null>(null)
  const hasFormer = models.filter((model) => model.promoted_at).length > 1
  const columns = useMemo(() => columnsOf(measure, setCard), [measure])
  const shown = mayChange ? [...columns, actions(setChange)] : columns
  const sheet = () => ({
    columns: [
      'kind',
      'version',
      'trained_at',
      'promoted_at',
      'is_champion',
      'is_shadow',
      'until',
      measure,
    ],
    rows: models.map((one) => [
      one.kind,
      one.version,
      one.trained_at,
      one.promoted_at,
      String(one.is_champion),
      String(one.is_shadow),
      one.until,
      scoreOf(one, ownName(one), measure)?.value,
    ]),
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
          <button
            type="button"
            className="button slim"
            onClick={() => setChange({ does: 'rollback', kind, version: '' })}
          >
            {words.rollBack}
          </button>
        ) : null
      }
    >
      <Answered result={result} isEmpty={() => models.length === 0} empty={words.empty}>
        {() => (
          <Table
            caption={words.versions(kindName(kind))}
            columns={shown}
            rows={models}
            rowKey={(model) => model.version}
          />
        )}
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
        <button
          type="button"
          className="link whole"
          onClick={() => open(model)}
          aria-label={words.openCard(model.version)}
        >
          {model.version}
        </button>
      ),
    },
    { key: 'state', title: words.state, show: (model) => <StatePill model={model} /> },
    {
      key: 'trained',
      title: words.trainedAt,
      show: (model) => <span className="whole">{dateTime(model.trained_at)}</span>,
      sortBy: (model) => model.trained_at,
    },
    {
      key: 'until',
      title: words.learntUntil,
      isNumber: true,
      show: (model) => number(model.until),
      sortBy: (model) => model.until,
    },
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
            {scoreText(found.value)}{' '}
            <span className="soft small">
              {found.low !== null && between({ key: '', label: '', ...found }, scoreText)}
            </span>
          </>
        )
      },
    },
  ]
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
        {!model.is_champion &&
          !model.is_shadow &&
          SHADOWED.has(model.kind) &&
          button(model, 'shadow', words.shadowIt)}
        {!model.is_champion && button(model, 'promote', words.promote)}
      </span>
    ),
  }
}
