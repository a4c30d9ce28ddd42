//go:build !linux

package main

// keepMemoryPrivate does nothing on other systems than Linux, where core dumps are a
// setting of the system.
func keepMemoryPrivate() error { return nil }
