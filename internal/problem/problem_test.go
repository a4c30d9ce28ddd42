package problem_test

import (
	"errors"
	"fmt"
	"io"
	"testing"

	"postern/internal/problem"
)

func TestError_IsFoundThroughWrapping(t *testing.T) {
	missing := problem.New(problem.NotFound, "There is no camera %q.", "gate")
	failed := &problem.Error{Code: problem.Unavailable, Detail: "The disk failed. Try again later.", Cause: io.ErrShortWrite}
	for _, c := range []struct {
		err    error
		target error
		want   bool
	}{
		{missing, problem.NotFound, true},
		{missing, problem.Conflict, false},
		{missing, missing, true},
		{fmt.Errorf("read: %w", missing), missing, true},
		{fmt.Errorf("read: %w", missing), problem.NotFound, true},
		{failed, io.ErrShortWrite, true},
		{failed, problem.Unavailable, true},
		{&problem.Error{Code: problem.Conflict, Cause: missing}, problem.NotFound, true},
		{io.EOF, problem.Invalid, false},
	} {
		if got := errors.Is(c.err, c.target); got != c.want {
			t.Errorf("errors.Is(%v, %v) is %t, want %t", c.err, c.target, got, c.want)
		}
	}
}

func TestOf(t *testing.T) {
	missing := problem.New(problem.NotFound, "There is no camera %q.", "gate")
	if got := problem.Of(fmt.Errorf("read: %w", missing)); got != missing || got.Detail != `There is no camera "gate".` {
		t.Errorf("Of returned %v", got)
	}
	if got := problem.Of(io.EOF); got != nil {
		t.Errorf("Of returned %v for an error of another type", got)
	}
}

func TestError_Texts(t *testing.T) {
	field := problem.InvalidField("limit", "The limit must be at most %d.", 5)
	if field.Error() != "limit: The limit must be at most 5." || field.Fields[0].Message != "The limit must be at most 5." {
		t.Errorf("the field's error is %q with %v", field.Error(), field.Fields)
	}
	failed := &problem.Error{Code: problem.Unavailable, Detail: "Try again later.", Cause: io.ErrShortWrite}
	if failed.Error() != "short write" {
		t.Errorf("the text for the log is %q", failed.Error())
	}
}
