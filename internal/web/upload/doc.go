// Package upload takes images from requests.
//
// It owns the form that has an event and its snapshot, and the memory in which images
// are checked. It promises that this memory is bounded, in all and for each principal.
// It refuses to check and to store an image, which internal/snapshot and
// internal/store/snapshots do.
package upload
