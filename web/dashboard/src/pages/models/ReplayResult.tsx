/** What a replay found, and how far it can be trusted. */

import { decimal, fixed, number, share } from '../../format'
import { Dialog } from '../../parts/Dialog'
import { type Interval, Intervals } from '../../parts/Intervals'
import { Panel } from '../../parts/Panel'
import { Empty } from '../../parts/States'
import { type Column, Table } from '../../parts/Table'
import { texts } from '../../texts'
import { Status } from './Replays'
import type { Estimate, HitRates, Judgement, Replay, ReplayReport } from './shapes'
import { policyName } from './words'

const words = texts.models.replays

export function ReplayResult({ replay, onClose }: { replay: Replay; onClose: () => void }) {
  const policy = policyName(replay.policy)
  return (
    <Dialog title={words.resultOf(policy)} onClose={onClose}>
      <div className="stack">
        <p className="row">
          <Status replay={replay} />
          <span className="soft small">
            {texts.models.placements[replay.placement]} · {words.positions(number(replay.from), number(replay.to))}
          </span>
        </p>
        {replay.error && <p className="note">{replay.error}</p>}
        {replay.result ? <Found report={replay.result} policy={policy} /> : <Empty text={words.noResult[replay.status]} />}
      </div>
    </Dialog>
  )
}

function Found({ report, policy }: { report: ReplayReport; policy: string }) {
  const { clicks } = report
  return (
    <>
      <section className="verdict" data-verdict={clicks.verdict} aria-label={words.verdict}>
        <h3>{words.verdictTitles[clicks.verdict](policy)}</h3>
        <p>{clicks.verdict === 'no_conclusion' ? words.refusal : words.gain(signed(clicks.gain.value), signed(clicks.gain.low), signed(clicks.gain.high))}</p>
        {clicks.doubts.length > 0 && (
          <ul className="doubts">
            {clicks.doubts.map((doubt) => (
              <li key={doubt.code}>{doubt.detail}</li>
            ))}
          </ul>
        )}
        {report.has_hindsight && <p className="warn">{words.hasHindsight}</p>}
      </section>
      {clicks.lists > 0 && (
        <Panel title={words.estimates} definition={words.estimatesMeaning} sheet={() => sheetOf(clicks)}>
          <Intervals label={words.estimates} rows={estimates(clicks)} format={(value) => fixed(value, 4)} formatMark={decimal} reference="rival" from={0} />
        </Panel>
      )}
      <dl className="facts">
        <Fact name={words.lists} value={number(clicks.lists)} />
        <Fact name={words.visitors} value={number(clicks.visitors)} />
        <Fact name={words.clicks} value={number(clicks.clicks)} />
        <Fact name={words.effectiveSample} value={decimal(clicks.effective_sample, 1)} meaning={words.effectiveSampleMeaning} />
        <Fact name={words.support} value={decimal(clicks.support, 3)} meaning={words.supportMeaning} />
        <Fact name={words.largestWeight} value={decimal(clicks.largest_weight, 1)} meaning={words.largestWeightMeaning} />
        <Fact name={words.agreement} value={share(report.agreement)} meaning={words.agreementMeaning} />
      </dl>
      <h3>{words.hits}</h3>
      <p className="soft small">{words.hitsMeaning}</p>
      <Table caption={words.hits} columns={HITS} rows={hitRows(report)} rowKey={(row) => `${row.kind} ${row.whose}`} />
    </>
  )
}

function Fact({ name, value, meaning }: { name: string; value: string; meaning?: string }) {
  return (
    <div>
      <dt title={meaning}>{name}</dt>
      <dd>{value}</dd>
      {meaning && <dd className="soft small">{meaning}</dd>}
    </div>
  )
}

const ESTIMATES = ['served', 'rival', 'ips', 'snips', 'doubly_robust'] as const
const COLOURS = { served: 'chart-soft', rival: 'chart-2', ips: 'chart-1', snips: 'chart-1', doubly_robust: 'chart-1' } as const

function estimates(clicks: Judgement): readonly Interval[] {
  return ESTIMATES.map((key) => {
    const { value, low, high }: Estimate = clicks[key]
    return { key, label: words.estimators[key], value, low, high, colour: COLOURS[key] }
  })
}

function sheetOf(clicks: Judgement) {
  return {
    columns: ['estimator', 'value', 'low', 'high'],
    rows: [...ESTIMATES, 'gain' as const].map((name) => [name, clicks[name].value, clicks[name].low, clicks[name].high]),
  }
}

interface HitRow extends HitRates {
  kind: string
  whose: string
}

const HITS: readonly Column<HitRow>[] = [
  { key: 'kind', title: words.next, show: (row) => words.nextKinds[row.kind] ?? row.kind },
  { key: 'whose', title: words.listOf, show: (row) => row.whose },
  { key: 'cases', title: words.cases, isNumber: true, show: (row) => number(row.cases) },
  { key: 'at_1', title: words.first, isNumber: true, show: (row) => share(row.at_1) },
  { key: 'at_5', title: words.amongFive, isNumber: true, show: (row) => share(row.at_5) },
  { key: 'all', title: words.inList, isNumber: true, show: (row) => share(row.at_count) },
]

function hitRows(report: ReplayReport): readonly HitRow[] {
  return Object.entries(report.hits).flatMap(([kind, { policy, served }]) => [
    { kind, whose: words.thePolicy, ...policy },
    { kind, whose: words.asServed, ...served },
  ])
}

function signed(value: number): string {
  return `${value > 0 ? '+' : ''}${fixed(value, 4)}`
}
