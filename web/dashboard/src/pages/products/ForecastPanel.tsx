/** What a product probably sells, with how sure that is, after what it sold. */

import { useMemo } from 'react'

import { useRead } from '../../api/queries'
import { useFilter } from '../../filters'
import { dateTime, decimal, utcDay } from '../../format'
import { Chart, type Series } from '../../parts/Chart'
import { Select } from '../../parts/Form'
import { Panel } from '../../parts/Panel'
import { Empty, Unanswered } from '../../parts/States'
import { texts } from '../../texts'
import { allDays } from './ByDay'
import { useProduct } from './context'
import type { Forecast, Insight } from './shapes'
import { DAY } from './spans'

const words = texts.products.forecast
const PERIODS = ['day', 'week'] as const
const WIDTHS = { day: DAY, week: 7 * DAY }
/** Upper and lower level of each interval, the widest first. */
const BANDS = [
  ['0.975', '0.025', '95'],
  ['0.9', '0.1', '80'],
  ['0.75', '0.25', '50'],
] as const

export function ForecastPanel() {
  const { productId, result: product } = useProduct()
  const [by, setBy] = useFilter<(typeof PERIODS)[number]>('by', 'week', PERIODS)
  const result = useRead<Forecast>('/v1/insights/forecasts', { product_id: productId, by })
  const forecast = result.data
  const levels = forecast?.items[0] ? Object.keys(forecast.items[0].quantiles) : []
  const sheet = () => ({
    columns: ['from', 'to', 'mean', ...levels.map((level) => `q${level}`)],
    rows: (forecast?.items ?? []).map((item) => [
      item.start,
      item.end,
      item.mean,
      ...levels.map((level) => item.quantiles[level]),
    ]),
  })
  return (
    <Panel
      title={words.title}
      definition={words.definition}
      at={forecast?.made_at ? Date.parse(forecast.made_at) : result.dataUpdatedAt}
      isStale={Boolean(result.error) && result.error?.status !== 404}
      {...(levels.length > 0 && { sheet })}
      actions={
        <Select
          label={words.by}
          value={by}
          onChange={setBy}
          choices={PERIODS.map((value) => ({ value, label: words.periods[value] }))}
        />
      }
    >
      {result.error?.status === 404 ? (
        <Empty text={words.none} />
      ) : !forecast ? (
        <Unanswered result={result} />
      ) : forecast.items.length === 0 || !product.data ? (
        <Empty text={words.lacks(forecast.lacks)} />
      ) : (
        <Drawn forecast={forecast} insight={product.data} />
      )}
    </Panel>
  )
}

function Drawn({ forecast, insight }: { forecast: Forecast; insight: Insight }) {
  const { x, series } = useMemo(() => drawn(forecast, insight), [forecast, insight])
  const next = forecast.items[0]
  return (
    <div className="stack">
      {next && (
        <p>
          {words.next[forecast.by]} <strong>{words.pieces(decimal(next.mean, 1))}</strong>{' '}
          <span className="soft">
            {words.between(decimal(next.quantiles['0.1'], 0), decimal(next.quantiles['0.9'], 0))}
          </span>
        </p>
      )}
      <Chart
        label={words.title}
        x={x}
        series={series}
        format={(value) => decimal(value, 1)}
        formatX={(at) => utcDay(at * 1_000)}
        height={240}
      />
      <p className="small soft">
        {words.rests(
          forecast.series_class,
          forecast.models.join(', '),
          forecast.made_at ? dateTime(forecast.made_at) : '',
        )}
      </p>
    </div>
  )
}

function drawn(forecast: Forecast, insight: Insight): { x: number[]; series: Series[] } {
  const width = WIDTHS[forecast.by]
  const begin = Date.parse(forecast.items[0]?.start ?? '')
  const sold = soldBefore(insight, begin, width)
  const x = [
    ...sold.map(({ at }) => at),
    ...forecast.items.map((item) => Date.parse(item.start)),
  ].map((at) => at / 1_000)
  const past = sold.map(({ units }) => units)
  const gap = past.map(() => null)
  const of = (level: string): (number | null)[] => [
    ...gap,
    ...forecast.items.map((item) => item.quantiles[level] ?? null),
  ]
  const bands = BANDS.flatMap(([upper, lower, name]): Series[] => [
    {
      label: words.upper(name),
      values: of(upper),
      colour: 'chart-1',
      isUpperOfBand: true,
      isEdge: true,
    },
    { label: words.lower(name), values: of(lower), colour: 'chart-1', isEdge: true },
  ])
  return {
    x,
    series: [
      ...bands,
      {
        label: words.expected,
        values: [...gap, ...forecast.items.map((item) => item.mean)],
        colour: 'chart-1',
        isDashed: true,
      },
      {
        label: words.sold,
        values: [...past, ...forecast.items.map(() => null)],
        colour: 'chart-2',
      },
    ],
  }
}

/** Returns pieces sold by period, counted back from where the forecast begins; whole periods only. */
function soldBefore(
  insight: Insight,
  begin: number,
  width: number,
): { at: number; units: number }[] {
  const sums = new Map<number, number>()
  const days = allDays(insight)
  const first = days[0]?.at ?? begin
  for (const { at, day } of days) {
    if (at >= begin) continue
    const start = begin - Math.ceil((begin - at) / width) * width
    if (start >= first) sums.set(start, (sums.get(start) ?? 0) + (day?.units ?? 0))
  }
  return [...sums].map(([at, units]) => ({ at, units })).sort((left, right) => left.at - right.at)
}
