/** What is shown beside a product, as what goes with it. */

import { useRecommended } from '../../api/recommended'
import { Panel } from '../../parts/Panel'
import { RecommendedList } from '../../parts/RecommendedList'
import { Answered } from '../../parts/States'
import { texts } from '../../texts'
import { useProduct } from './context'

const words = texts.products.goesWith

export function GoesWith() {
  const { productId } = useProduct()
  const result = useRecommended(
    { placement: 'product', product_id: productId, count: 8 },
    { everyMs: 20_000 },
  )
  const sheet = () => ({
    columns: ['product_id', 'name', 'score'],
    rows: (result.data?.items ?? []).map((item) => [item.product_id, item.name, item.score]),
  })
  return (
    <Panel
      title={words.title}
      definition={words.definition}
      at={result.dataUpdatedAt}
      isStale={Boolean(result.error)}
      sheet={sheet}
    >
      <Answered result={result} isEmpty={(list) => list.items.length === 0} empty={words.none}>
        {(list) => <RecommendedList list={list} label={words.title} />}
      </Answered>
    </Panel>
  )
}
