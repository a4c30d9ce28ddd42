package views

// overlapping reports whether two secrets sign.
func (p WebhookProps) overlapping() bool { return p.Endpoint.OverlapUntil.After(p.Now) }

// overlap is what stands in the field for a rotation's overlap.
func (p WebhookProps) overlap() string {
	if p.Overlap == "" && p.OverlapError == "" {
		return "24"
	}
	return p.Overlap
}
