/** The segments that everybody is in: how large, what they bring, who went where. */

import { jump } from '../../filters'
import { dateTime, dayOf, major, money, number, share } from '../../format'
import { Panel } from '../../parts/Panel'
import { Answered } from '../../parts/States'
import { type Column, Table } from '../../parts/Table'
import { texts } from '../../texts'
import { Moves } from './Moves'
import { segmentTitle, useSegments } from './reads'
import type { SegmentSize } from './shapes'

const words = texts.shoppers

export function SegmentsTab() {
  const { data } = useSegments()
  return (
    <div className="grid">
      <div className="span-12">
        <Sizes kind="segments" />
      </div>
      <div className="span-12">
        <Moves />
      </div>
      {(data?.clusters.length ?? 0) > 0 && (
        <div className="span-12">
          <Sizes kind="clusters" />
        </div>
      )}
    </div>
  )
}

function Sizes({ kind }: { kind: 'segments' | 'clusters' }) {
  const result = useSegments()
  const own = words[kind]
  const columns: readonly Column<SegmentSize>[] = [
    {
      key: 'name',
      title: own.name,
      show: (row) => (
        <>
          <strong>{segmentTitle(row.name)}</strong>
          <div className="small soft meaning">{row.meaning}</div>
          {row.action && <div className="small meaning">{row.action}</div>}
        </>
      ),
      sortBy: (row) => segmentTitle(row.name),
    },
    {
      key: 'people',
      title: words.sizes.people,
      isNumber: true,
      show: (row) => number(row.shoppers),
      sortBy: (row) => row.shoppers,
    },
    {
      key: 'share',
      title: words.sizes.customers,
      isNumber: true,
      show: (row) => <ShareBar value={row.customer_share} text={number(row.customers)} />,
      sortBy: (row) => row.customers,
    },
    {
      key: 'revenue',
      title: words.sizes.revenue,
      isNumber: true,
      show: (row) => <Shares of={row.revenue} />,
      sortBy: (row) => row.revenue[0]?.money.amount ?? 0,
    },
    {
      key: 'value',
      title: words.sizes.value,
      isNumber: true,
      show: (row) => <Shares of={row.value} />,
      sortBy: (row) => row.value[0]?.money.amount ?? 0,
    },
  ]
  const rows = result.data?.[kind] ?? []
  const sheet = () => ({
    columns: [
      'name',
      'meaning',
      'people',
      'customers',
      'customer_share',
      'revenue',
      'revenue_share',
      'value',
      'value_share',
      'currency',
    ],
    rows: rows.map((row) => {
      const [revenue, value] = [row.revenue[0], row.value[0]]
      return [
        row.name,
        row.meaning,
        row.shoppers,
        row.customers,
        row.customer_share,
        revenue && major(revenue.money),
        revenue?.share,
        value && major(value.money),
        value?.share,
        revenue?.money.currency,
      ]
    }),
  })
  return (
    <Panel
      title={own.title}
      definition={own.definition}
      at={result.dataUpdatedAt}
      isStale={Boolean(result.error)}
      sheet={sheet}
    >
      <Answered
        result={result}
        isEmpty={(answer) => answer.shoppers === 0}
        empty={words.sizes.empty}
        lines={10}
      >
        {(answer) => (
          <div className="stack">
            {kind === 'segments' && <Basis fit={answer.fit} />}
            <Table
              caption={own.title}
              columns={columns}
              rows={rows}
              rowKey={(row) => row.name}
              onOpen={(row) => jump({ tab: '', segment: row.name })}
            />
          </div>
        )}
      </Answered>
    </Panel>
  )
}

function Basis({ fit }: { fit: NonNullable<ReturnType<typeof useSegments>['data']>['fit'] }) {
  if (!fit) return <p className="small soft">{words.sizes.noFit}</p>
  return (
    <div className="small soft">
      <p>
        <span title={dateTime(fit.as_of)}>
          {words.sizes.basis(
            number(fit.customers),
            dayOf(fit.as_of),
            number(fit.worth.horizon_days),
            share(fit.worth.margin),
          )}
        </span>
      </p>
      {Object.entries(fit.absent).map(([name, why]) => (
        <p key={name}>{words.sizes.absent(name, why.replace('not_enough_data: ', ''))}</p>
      ))}
    </div>
  )
}

function ShareBar({ value, text }: { value: number | null; text: string }) {
  return (
    <div className="share-bar">
      <span>
        {text} <span className="soft">{share(value)}</span>
      </span>
      <div className="bar" aria-hidden="true">
        <i style={{ width: `${100 * Math.max(0, value ?? 0)}%` }} />
      </div>
    </div>
  )
}

function Shares({ of }: { of: SegmentSize['revenue'] }) {
  const [first, ...others] = of
  if (!first) return <>{money(null)}</>
  return (
    <>
      <ShareBar value={first.share} text={money(first.money, true)} />
      {others.map((one) => (
        <div key={one.money.currency} className="small soft">
          {money(one.money, true)} {share(one.share)}
        </div>
      ))}
    </>
  )
}
