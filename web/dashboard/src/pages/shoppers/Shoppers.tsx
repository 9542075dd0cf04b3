/** Who the shop's people are: those of a segment, and one of them. */

import { Route, Switch } from 'wouter'

import { idOf } from '../../paths'
import { Overview } from './Overview'
import { Person } from './Person'
import './shoppers.css'

export function Shoppers() {
  return (
    <Switch>
      <Route path="/:person">{({ person }) => <Person key={person} asked={idOf(person)} />}</Route>
      <Route>
        <Overview />
      </Route>
    </Switch>
  )
}
