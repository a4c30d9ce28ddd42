// Package cameras owns which cameras are heard from and which aren't: each
// camera's state, how long an operator lets it be silent, and the announcements
// that cameras fall silent and come back.
//
// It promises that a camera that says it is offline counts as offline until a
// normal event arrives from it; that silence is judged by the camera's own
// recent rhythm or by the operator's setting; that a time in which Postern
// itself was away, or took no events, is no camera's silence; and that an
// announcement is made once, across restarts and kill -9. Cameras that fall
// silent within a minute share one announcement, and so do those that come
// back.
//
// How cameras speak is the store's to know: a camera's state follows from the
// log. The announcements made so far are kept beside it.
//
// It refuses to know who may see which camera: it answers for all of them, and
// an announcement carries no camera_id, since it may be about several. Whoever
// shows a camera asks whether that person may see it.
package cameras
