/** How probable an order is, what moved that most, and how it moved during the visit. */

import { useMemo } from 'react'

import { clockTime, decimal, share } from '../../format'
import { Chart } from '../../parts/Chart'
import { Panel } from '../../parts/Panel'
import { Empty } from '../../parts/States'
import { texts } from '../../texts'
import { usePerson } from './context'
import type { Factor, Score, ScoredVisitor } from './shapes'

const words = texts.shoppers.intent
const LEAST_POINTS = 2

export function Intent() {
  const { result } = usePerson()
  const scored = latest(result.data?.intents ?? [])
  const sheet = () => ({
    columns: ['at', 'intent'],
    rows: (scored?.trail ?? []).map((point) => [point.at, point.intent]),
  })
  return (
    <Panel
      title={words.title}
      definition={words.definition}
      at={result.dataUpdatedAt}
      isStale={Boolean(result.error)}
      {...(scored && { sheet })}
    >
      {scored ? <Scores of={scored} /> : <Empty text={words.none} />}
    </Panel>
  )
}

function latest(all: readonly ScoredVisitor[]): ScoredVisitor | undefined {
  return [...all].sort((left, right) => right.scores.as_of_position - left.scores.as_of_position)[0]
}

function Scores({ of: { scores, trail } }: { of: ScoredVisitor }) {
  return (
    <div className="stack">
      {scores.outcome && <p className="soft">{words.outcomes[scores.outcome]}</p>}
      {scores.degraded && <p className="small warn">{words.noModel}</p>}
      <OneScore title={words.order} score={scores.intent} />
      {trail.length >= LEAST_POINTS && <Trail points={trail} />}
      {scores.abandonment && <OneScore title={words.abandon} score={scores.abandonment} />}
    </div>
  )
}

function OneScore({ title, score }: { title: string; score: Score }) {
  return (
    <div className="score">
      <p className="score-head">
        <span>{title}</span>
        <strong>{share(score.score)}</strong>
      </p>
      <div className="bar" aria-hidden="true">
        <i style={{ width: `${100 * score.score}%` }} />
      </div>
      {score.offer_pays && <p className="small good">{words.offerPays}</p>}
      <Factors of={score.factors} />
      {score.model && <p className="small soft cut">{words.model(score.model)}</p>}
    </div>
  )
}

function Factors({ of }: { of: readonly Factor[] }) {
  if (of.length === 0) return null
  const most = Math.max(...of.map((factor) => Math.abs(factor.effect)), 0.01)
  return (
    <ul className="factors" aria-label={words.factors}>
      {of.map((factor) => (
        <li key={factor.feature}>
          <span>{factor.text}</span>
          <span
            className={factor.effect >= 0 ? 'good' : 'bad'}
            title={words.effect(decimal(factor.effect))}
          >
            {factor.effect >= 0 ? words.raises : words.lowers}
          </span>
          <span className="effect" data-down={factor.effect < 0} aria-hidden="true">
            <i style={{ width: `${(100 * Math.abs(factor.effect)) / most}%` }} />
          </span>
        </li>
      ))}
    </ul>
  )
}

function Trail({ points }: { points: ScoredVisitor['trail'] }) {
  const x = useMemo(() => points.map((point) => Date.parse(point.at) / 1_000), [points])
  const series = useMemo(
    () => [
      { label: words.order, values: points.map((point) => point.intent), kind: 'area' as const },
    ],
    [points],
  )
  return (
    <Chart
      label={words.trail}
      x={x}
      series={series}
      format={share}
      formatX={(at) => clockTime(at * 1_000)}
      height={130}
      hasLegend={false}
    />
  )
}
