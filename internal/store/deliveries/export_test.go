package deliveries

// For the tests, which open a whole store.
const AttemptsExamined = attemptsExamined

var (
	ErrAttempts      = errAttempts
	InsertAttemptRow = insertAttemptRow
	ApplySettlement  = (*Store).applySettlement
)
