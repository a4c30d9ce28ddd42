// Package legalhold keeps events from retention and erasure.
//
// # Owns
//
// The tables holds and held_events. While an event is in the log, a hold keeps nothing of
// it. Retention that removes the event copies it to held_events first, in the same
// transaction (Store.Copy).
//
// # Promises
//
// A page of the events under a hold has each of them once, whether it is in the log or
// copied; a damaged one is an error, never an omission. Of the damaged events that the log
// still has, a hold by identity reports those that may be about it, as the search index or
// the row itself tells; of those that retention removes, it reports all.
//
// A hold and an erasure exclude each other: an erasure of an event under a hold is refused
// (HeldError), and so is a hold while an erasure is under way (ErrErasing). Reasons and
// filters, which may name a person, are encrypted. Copies of a released hold are removed in
// steps, and their bytes overwritten.
//
// # Refuses
//
// To decide when an event is removed: retention does. Copies don't count for the bound on
// the size of the log, or they would push out all other events (Store.Bytes).
package legalhold
