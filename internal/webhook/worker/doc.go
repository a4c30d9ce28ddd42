// Package worker delivers to one endpoint. A Worker has a cursor over the log, a
// bounded number of requests in flight, and the few deliveries that wait for a
// retry. One goroutine, Run, owns its state; requests run in goroutines of their
// own and report their results to it.
//
// Where to find what:
//
//	retry delays, probes           retry_schedule.go
//	failing state, recovery        failing_state.go
//	rate limit                     rate_limiter.go
//	requests at once, 429 and 503  concurrency_limiter.go
//	storm control                  storm_control.go
//	what is sent next              fill.go, retry_queue.go, replay.go, recover.go
//	the result of an attempt       record.go
//	storing progress               settle.go
//	pause, resume, resend          commands.go, set_aside.go
//
// It promises that every event which matches the endpoint is delivered at least
// once or stays visible as exhausted, across restarts and kill -9. It stores
// progress in batches, so that a busy endpoint costs no more commits than a quiet
// one, and it waits for no other endpoint.
//
// It refuses to know the API and the pages. A worker that has stopped accepts no
// commands.
package worker
