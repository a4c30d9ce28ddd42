package ui

import (
	"context"
	"slices"
)

// Action is something that only some may do. What who looks may not do isn't
// offered to them; whether they may is decided where it is done.
type Action string

// What may be denied.
const (
	ActionAcknowledge     Action = "acknowledge"
	ActionExport          Action = "export"
	ActionReadWebhooks    Action = "read webhooks"
	ActionOperateWebhooks Action = "operate webhooks"
	ActionManageWebhooks  Action = "manage webhooks"
	ActionErase           Action = "erase"
	ActionSetCameras      Action = "set cameras"
)

type deniedKey struct{}

// WithDenied makes pages leave out what who looks may not do. Without it they
// offer everything.
func WithDenied(ctx context.Context, denied ...Action) context.Context {
	return context.WithValue(ctx, deniedKey{}, denied)
}

// DeniedClasses are the acts that are hidden by CSS: their elements come over a
// socket, rendered once for all who watch.
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
