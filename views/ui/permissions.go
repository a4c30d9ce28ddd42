package ui

import (
	"context"
	"slices"
)

// Action is something that needs a permission. Pages don't offer an action that the
// principal may not take; the handler of the action decides.
type Action string

// The actions that may be denied.
const (
	ActionAcknowledge     Action = "acknowledge"
	ActionExport          Action = "export"
	ActionSeeSnapshots    Action = "see snapshots"
	ActionReadWebhooks    Action = "read webhooks"
	ActionOperateWebhooks Action = "operate webhooks"
	ActionManageWebhooks  Action = "manage webhooks"
	ActionErase           Action = "erase"
	ActionSilence         Action = "silence"
	ActionSetCameras      Action = "set cameras"
)

type deniedKey struct{}

// WithDenied makes pages leave out denied actions. Without it they offer all.
func WithDenied(ctx context.Context, denied ...Action) context.Context {
	return context.WithValue(ctx, deniedKey{}, denied)
}

// DeniedClasses are the classes with which CSS hides denied actions in fragments,
// which are rendered once for all browsers.
func DeniedClasses(ctx context.Context) (classes []string) {
	if !Can(ctx, ActionReadWebhooks) {
		classes = append(classes, "deny-webhooks")
	}
	if !Can(ctx, ActionAcknowledge) {
		classes = append(classes, "deny-acknowledge")
	}
	return classes
}

func Can(ctx context.Context, act Action) bool {
	denied, _ := ctx.Value(deniedKey{}).([]Action)
	return !slices.Contains(denied, act)
}
