/** What the shop sells: all of it, and one product. */

import { Route, Switch } from 'wouter'

import { idOf } from '../../paths'
import { Overview } from './Overview'
import { Product } from './Product'
import './products.css'

export function Products() {
  return (
    <Switch>
      <Route path="/:product">{({ product }) => <Product key={product} productId={idOf(product)} />}</Route>
      <Route>
        <Overview />
      </Route>
    </Switch>
  )
}
