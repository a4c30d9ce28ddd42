// Package snapshot owns the rules for snapshots: the still images that cameras
// send along with their events.
//
// It promises that an image which passed Clean is a still JPEG, PNG or WebP image
// that decodes, within bounds, and that its bytes hold pixels and what is needed
// to show them, and nothing else: no place, no device, no comment, no thumbnail
// and nothing behind the image's end.
//
// It refuses I/O, and never encodes an image again: the pixels stay as they were
// compressed.
package snapshot
