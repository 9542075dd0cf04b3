/** How far today's visits came. */

import { number, share } from '../../format'
import { usePeriod } from '../../live/use-live'
import { Panel } from '../../parts/Panel'
import { Answered } from '../../parts/States'
import { texts } from '../../texts'
import { useFunnel } from './Tiles'
import { useShared } from './context'
import { DAY } from './counts'

const words = texts.now.funnel
const STEPS = ['visits', 'view', 'basket', 'checkout', 'order'] as const
/** The numbers whose events show how visits came so far. */
const METRICS = {
  visits: 'visitors',
  view: 'product_views',
  basket: 'items_added',
  checkout: 'orders',
  order: 'orders',
}

export function Funnel() {
  const day = usePeriod(DAY)
  const result = useFunnel(day)
  const { explain } = useShared()
  const row = result.data?.items[0]
  const steps = STEPS.map((step, index) => ({
    step,
    count: row?.[step] ?? 0,
    ofAll: row?.visits ? row[step] / row.visits : null,
    ofBefore: row && index ? ratio(row[step], row[STEPS[index - 1] ?? 'visits']) : null,
  }))
  const sheet = () => ({
    columns: [words.step, words.visits, words.ofAll, words.ofBefore],
    rows: steps.map(({ step, count, ofAll, ofBefore }) => [
      words.steps[step],
      count,
      ofAll,
      ofBefore,
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
      <Answered result={result} isEmpty={() => !row?.visits} empty={words.empty}>
        {() => (
          <div className="table-frame">
            <table className="table funnel">
              <caption className="unseen">{words.title}</caption>
              <thead>
                <tr>
                  <th scope="col">{words.step}</th>
                  <th scope="col" className="number">
                    {words.visits}
                  </th>
                  <th scope="col" className="number">
                    {words.ofAll}
                  </th>
                  <th scope="col" className="number">
                    {words.ofBefore}
                  </th>
                </tr>
              </thead>
              <tbody>
                {steps.map(({ step, count, ofAll, ofBefore }) => (
                  <tr key={step}>
                    <th scope="row">
                      <button
                        type="button"
                        className="step"
                        title={texts.parts.showEvents}
                        onClick={() =>
                          explain({
                            kind: 'events',
                            title: words.steps[step],
                            metric: METRICS[step],
                            bucket: 'day',
                            at: day,
                          })
                        }
                      >
                        {words.steps[step]}
                      </button>
                      <div className="bar" aria-hidden="true">
                        <i style={{ width: `${100 * (ofAll ?? 0)}%` }} />
                      </div>
                    </th>
                    <td className="number">{number(count)}</td>
                    <td className="number">{share(ofAll)}</td>
                    <td className="number">{step === 'visits' ? '' : share(ofBefore)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        )}
      </Answered>
    </Panel>
  )
}

function ratio(part: number, whole: number): number | null {
  return whole ? part / whole : null
}
