//go:build !linux

package main

// keepMemoryPrivate does nothing where it isn't Linux: what keeps memory out
// of core dumps there is the system's own setting.
func keepMemoryPrivate() error { return nil }
