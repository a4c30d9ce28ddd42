package webhook

import (
	"context"
	"sync"
	"time"

	"postern/internal/delivery"
)

const (
	// maxTestsAtOnce is how many tests of several webhooks run at once.
	maxTestsAtOnce = 16
	// MaxTests is how many webhooks are tested together, and testsTimeout bounds
	// their tests.
	MaxTests     = 100
	testsTimeout = time.Minute
)

// PauseEach pauses several webhooks, as Pause does, in one commit. It returns an
// error for each id; nil where the webhook is paused.
func (s *Service) PauseEach(ctx context.Context, ids []string) []error {
	return s.setStates(ctx, ids, pausing)
}

// ResumeEach resumes several webhooks, as Resume does, in one commit. It returns an
// error for each id.
func (s *Service) ResumeEach(ctx context.Context, ids []string, how Resume) []error {
	return s.setStates(ctx, ids, s.resuming(how))
}

// TestEach tests several webhooks, as Test does, some at once. It returns a result or
// an error for each id.
func (s *Service) TestEach(ctx context.Context, ids []string, typeName string) ([]delivery.TestResult, []error) {
	ctx, cancel := context.WithTimeout(ctx, testsTimeout)
	defer cancel()
	results, errs := make([]delivery.TestResult, len(ids)), make([]error, len(ids))
	slots := make(chan struct{}, maxTestsAtOnce)
	var tests sync.WaitGroup
	for i, id := range ids {
		slots <- struct{}{}
		tests.Go(func() {
			defer func() { <-slots }()
			results[i], errs[i] = s.Test(ctx, id, typeName)
		})
	}
	tests.Wait()
	return results, errs
}
