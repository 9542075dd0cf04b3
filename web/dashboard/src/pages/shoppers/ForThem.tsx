/** What would be recommended to somebody at this moment, with the reasons. */

import { useRecommended } from '../../api/recommended'
import { useFilter } from '../../filters'
import { Select } from '../../parts/Form'
import { Panel } from '../../parts/Panel'
import { RecommendedList } from '../../parts/RecommendedList'
import { Answered } from '../../parts/States'
import { texts } from '../../texts'
import { usePerson } from './context'

const words = texts.shoppers.forThem
const PLACEMENTS = ['home', 'basket'] as const

export function ForThem() {
  const { asked, result: person } = usePerson()
  const [placement, setPlacement] = useFilter('placement', 'home', PLACEMENTS)
  // A visitor has a list under their own id, also where they turned out to be a shopper.
  const visitor = person.data?.visitors[0]
  const result = useRecommended({
    visitor: visitor ? `visitor:${visitor}` : asked,
    placement,
    count: 6,
  })
  const sheet = () => ({
    columns: ['product_id', 'name', 'score', 'reasons'],
    rows: (result.data?.items ?? []).map((item) => [
      item.product_id,
      item.name,
      item.score,
      item.reasons.map((reason) => reason.text).join('; '),
    ]),
  })
  return (
    <Panel
      title={words.title}
      definition={words.definition}
      at={result.dataUpdatedAt}
      isStale={Boolean(result.error)}
      sheet={sheet}
      actions={
        <Select
          label={words.placement}
          value={placement}
          onChange={setPlacement}
          choices={PLACEMENTS.map((value) => ({ value, label: words.placements[value] }))}
        />
      }
    >
      <Answered result={result} isEmpty={(list) => list.items.length === 0} empty={words.none}>
        {(list) => <RecommendedList list={list} label={words.title} />}
      </Answered>
    </Panel>
  )
}
