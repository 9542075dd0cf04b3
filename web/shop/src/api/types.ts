/** What the API answers, as /openapi.json has it. */

export interface Money {
  amount: number
  currency: string
}

export interface Listed<T> {
  items: T[]
  next_page_token: string
}

export interface Category {
  category_id: string
  name: string
  parent: string
  products: number
}

export interface Product {
  product_id: string
  name: string
  description: string
  category: string
  price: Money
  stock: number | null
  attributes: Record<string, string>
  image_url: string
  rating: { average: number | null; count: number } | null
}

export interface Line {
  product_id: string
  quantity: number
  unit_price: Money
  total: Money
}

export interface Basket {
  items: Line[]
  total: Money | null
  pieces: number
}

export interface Recommended {
  product_id: string
  name: string
  reasons: { text: string }[]
}

export interface Recommendations {
  recommendation_id: string
  model: string
  items: Recommended[]
}

export interface Review {
  review_id: string
  product_id: string
  rating: number
  comment: string
  submitted_at: string | null
  edited_at: string | null
}

export interface AddressLines {
  recipient: string
  street: string
  city: string
  postcode: string
  country: string
}

export interface Address extends AddressLines {
  address_id: string
}

export interface Account {
  shopper_id: string
  name: string
  email: string
  username: string
  consent: Record<string, boolean>
  addresses: Address[]
}

export interface Order {
  order_id: string
  status: string
  lines: (Line & { name: string })[]
  total: Money
  payment: string
  address: AddressLines | null
  placed_at: string
}

export interface Placed {
  order_id: string
  total: Money
}
