-- While log.streams is small, the planner would rather read all of it than look streams up, and a
-- connection keeps that plan while the table grows: appends then slow down with every stream.
ALTER FUNCTION log.append_events SET enable_seqscan = off;
