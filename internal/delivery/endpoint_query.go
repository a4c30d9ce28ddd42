package delivery

// Sort is the order of a list of webhooks.
type Sort string

// The orders of a list. Webhooks without a value come last, in either direction.
const (
	SortRegistered  Sort = "registered"   // the time of registration
	SortName        Sort = "name"         // the name, or else the URL without its scheme
	SortState       Sort = "state"        // how little a webhook needs a person; descending, the worst come first
	SortSuccess     Sort = "success"      // the share of the last day's attempts that succeeded
	SortP95         Sort = "p95"          // the p95 response time of the last day
	SortBacklogAge  Sort = "backlog_age"  // how long the oldest event has been waiting
	SortLastFailure Sort = "last_failure" // the time of the newest failed attempt
)

// Sorts returns the orders of a list.
func Sorts() []Sort {
	return []Sort{SortRegistered, SortName, SortState, SortSuccess, SortP95, SortBacklogAge, SortLastFailure}
}

// EndpointQuery selects webhooks and orders them. The zero value selects all, the oldest
// first.
type EndpointQuery struct {
	// Text is part of the name, description, labels, URL or id, in any case.
	Text string
	// States selects webhooks in any of the states, Labels those with all of the
	// labels; none means all webhooks.
	States     []State
	Labels     []string
	Sort       Sort // empty means SortRegistered
	Descending bool
}
