/** Every read model with its lag, and what an admin can do to it. */

import { useState } from 'react'

import { post } from '../../api/client'
import { queries } from '../../api/queries'
import { useMay } from '../../api/session'
import { duration, number, share } from '../../format'
import { Confirm } from '../../parts/Dialog'
import { Panel } from '../../parts/Panel'
import { Answered } from '../../parts/States'
import { type Column, Table } from '../../parts/Table'
import { toast } from '../../parts/Toast'
import { texts } from '../../texts'
import { PATH, type ReadModel, useEachFinished, useProgress, useReadModels } from './models'
import type { Generation } from './shapes'

const words = texts.system.models
const LATE_SECONDS = 30

type Action = 'rebuild' | 'cancel' | 'rollback'
interface Asked {
  action: Action
  model: ReadModel
}

export function ReadModels() {
  const isAdmin = useMay('admin')
  const { result, models } = useReadModels()
  useEachFinished(models)
  const [asked, setAsked] = useState<Asked | null>(null)
  const columns = isAdmin ? [...COLUMNS, actions(setAsked)] : COLUMNS
  const sheet = () => ({
    columns: ['name', 'generation', 'position', 'lag_events', 'lag_seconds', 'parked'],
    rows: models.map(({ name, live }) => [
      name,
      live?.generation,
      live?.position,
      live?.lag_events,
      live?.lag_seconds,
      live?.parked,
    ]),
  })
  return (
    <Panel
      title={words.title}
      definition={words.definition}
      at={result.dataUpdatedAt}
      isStale={Boolean(result.error)}
      sheet={sheet}
    >
      <Answered result={result} lines={12}>
        {() => (
          <Table
            caption={words.title}
            columns={columns}
            rows={models}
            rowKey={(model) => model.name}
          />
        )}
      </Answered>
      {asked && <Question asked={asked} onClose={() => setAsked(null)} />}
    </Panel>
  )
}

const COLUMNS: readonly Column<ReadModel>[] = [
  {
    key: 'name',
    title: words.name,
    sortBy: (model) => model.name,
    show: (model) => <strong>{model.name}</strong>,
  },
  { key: 'state', title: words.state, show: (model) => <State model={model} /> },
  {
    key: 'lag',
    title: words.lag,
    isNumber: true,
    show: ({ live }) => <Lag live={live} />,
    sortBy: ({ live }) => live?.lag_events ?? 0,
  },
  {
    key: 'position',
    title: words.position,
    isNumber: true,
    show: ({ live }) => number(live?.position),
    sortBy: ({ live }) => live?.position ?? 0,
  },
  {
    key: 'generation',
    title: words.generation,
    isNumber: true,
    show: ({ live }) => number(live?.generation),
    sortBy: ({ live }) => live?.generation ?? 0,
  },
  {
    key: 'parked',
    title: words.parked,
    isNumber: true,
    show: ({ live }) => <span className={live?.parked ? 'bad' : ''}>{number(live?.parked)}</span>,
    sortBy: ({ live }) => live?.parked ?? 0,
  },
]

function actions(ask: (asked: Asked) => void): Column<ReadModel> {
  const button = (model: ReadModel, action: Action, label: string) => (
    <button
      type="button"
      className="button slim"
      aria-label={`${label} ${model.name}`}
      onClick={() => ask({ action, model })}
    >
      {label}
    </button>
  )
  return {
    key: 'actions',
    title: words.actions,
    isNumber: true,
    show: (model) => (
      <span className="model-actions">
        {model.build ? (
          button(model, 'cancel', words.cancel)
        ) : (
          <>
            {model.before && button(model, 'rollback', words.rollBack)}
            {button(model, 'rebuild', words.rebuild)}
          </>
        )}
      </span>
    ),
  }
}

function State({ model: { live, build, failed } }: { model: ReadModel }) {
  if (build?.status === 'requested')
    return (
      <span className="pill" data-tone="warn">
        {words.requested}
      </span>
    )
  if (build) return <Building build={build} />
  if (failed) {
    return (
      <span className="pill" data-tone="bad" title={failed.error}>
        {words.failed(failed.generation, failed.error.slice(0, 60))}
      </span>
    )
  }
  return live ? (
    <span className="pill" data-tone="good">
      {words.live}
    </span>
  ) : (
    <span className="pill">{words.notBegun}</span>
  )
}

function Building({ build }: { build: Generation }) {
  const { done, secondsLeft } = useProgress(build)
  const left =
    done >= 1 ? words.almost : secondsLeft === undefined ? '' : words.left(duration(secondsLeft))
  return (
    <div className="building">
      <span className="small">
        {words.building(build.generation)} · {share(done)}
      </span>
      <div
        className="bar"
        role="progressbar"
        aria-label={`${build.name}, ${words.building(build.generation)}`}
        aria-valuenow={Math.round(done * 100)}
        aria-valuemin={0}
        aria-valuemax={100}
      >
        <i style={{ width: `${done * 100}%` }} />
      </div>
      <span className="small soft">
        {words.progress(number(build.position), number(build.target_position))}
        {left && ` · ${left}`}
      </span>
    </div>
  )
}

function Lag({ live }: { live: Generation | undefined }) {
  if (!live?.lag_events) return <span className="soft">{live ? words.upToDate : ''}</span>
  const tone = live.lag_seconds > LATE_SECONDS ? 'bad' : ''
  return (
    <span className={tone}>
      {words.behind(
        texts.system.events(live.lag_events, number(live.lag_events)),
        duration(live.lag_seconds),
      )}
    </span>
  )
}

function Question({ asked: { action, model }, onClose }: { asked: Asked; onClose: () => void }) {
  const { name } = model
  const question = {
    rebuild: [
      words.confirmRebuild(name),
      words.confirmRebuildText,
      words.rebuild,
      words.rebuildBegun(name),
    ],
    cancel: [
      words.confirmCancel(name),
      words.confirmCancelText,
      words.cancel,
      words.cancelled(name),
    ],
    rollback: [
      words.confirmRollBack(name, model.before?.generation ?? 0),
      words.confirmRollBackText,
      words.rollBack,
      words.rolledBack(name),
    ],
  }[action] as [string, string, string, string]
  const [title, text, label, done] = question
  const run = async (): Promise<void> => {
    await post(`${PATH}/${encodeURIComponent(name)}/${action}`)
    await queries.invalidateQueries({ queryKey: [PATH] })
    toast(done)
  }
  return (
    <Confirm
      title={title}
      text={text}
      action={action === 'cancel' ? words.giveUp : label}
      isDangerous={action !== 'rebuild'}
      onConfirm={run}
      onClose={onClose}
    />
  )
}
