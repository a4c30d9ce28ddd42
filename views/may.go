package views

import (
	"context"
	"slices"
)

// Act is something that only some may do. What who looks may not do isn't
// offered to them; whether they may is decided where it is done.
type Act string

// What may be denied.
const (
	ActAcknowledge     Act = "acknowledge"
	ActExport          Act = "export"
	ActReadWebhooks    Act = "read webhooks"
	ActOperateWebhooks Act = "operate webhooks"
	ActManageWebhooks  Act = "manage webhooks"
	ActErase           Act = "erase"
	ActSetCameras      Act = "set cameras"
)

type deniedKey struct{}

// WithDenied makes pages leave out what who looks may not do. Without it they
// offer everything.
func WithDenied(ctx context.Context, denied ...Act) context.Context {
	return context.WithValue(ctx, deniedKey{}, denied)
}

// denials are the acts that are hidden by CSS: their elements come over a
// socket, rendered once for all who watch.
func denials(ctx context.Context) (classes []string) {
	if !may(ctx, ActReadWebhooks) {
		classes = append(classes, "deny-webhooks")
	}
	if !may(ctx, ActAcknowledge) {
		classes = append(classes, "deny-acknowledge")
	}
	return classes
}

func may(ctx context.Context, act Act) bool {
	denied, _ := ctx.Value(deniedKey{}).([]Act)
	return !slices.Contains(denied, act)
}
