-- A visitor's list is written with each of their clicks: kept in its row, it is neither compressed
-- nor cut into pieces, which took half of the time.
ALTER TABLE app.recommendation_lists SET (toast_tuple_target = 8160);
ALTER TABLE app.product_neighbours
    ALTER alike TYPE json USING alike::json,
    ALTER complements TYPE json USING complements::json;
