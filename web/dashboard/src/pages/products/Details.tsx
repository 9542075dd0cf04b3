/** What the shop says of a product. */

import { dateTime } from '../../format'
import { Panel } from '../../parts/Panel'
import { texts } from '../../texts'
import { useProduct } from './context'

const words = texts.products.details

export function Details() {
  const { result } = useProduct()
  const insight = result.data
  if (!insight) return null
  const attributes = Object.entries(insight.attributes)
  return (
    <Panel
      title={words.title}
      definition={words.definition}
      at={result.dataUpdatedAt}
      isStale={Boolean(result.error)}
    >
      <div className="stack">
        <p>{insight.description || <span className="soft">{words.noDescription}</span>}</p>
        <dl className="facts wide">
          <div>
            <dt>{words.id}</dt>
            <dd>
              <code className="whole">{insight.product_id}</code>
            </dd>
          </div>
          <div>
            <dt>{words.added}</dt>
            <dd>{dateTime(insight.now.added_at)}</dd>
          </div>
          {insight.image_url && (
            <div>
              <dt>{words.image}</dt>
              <dd>
                <code className="whole">{insight.image_url}</code>
              </dd>
            </div>
          )}
          {attributes.map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ))}
        </dl>
      </div>
    </Panel>
  )
}
