// Package cameras owns the cameras' states, the operators' settings of how long a
// camera may be silent, and the announcements that cameras fall silent and come
// back.
//
// # Promises
//
//   - A camera that reports that it is offline is offline until a normal event of
//     it arrives.
//   - Silence is judged by the operator's setting or, without one, by the camera's
//     recent usual pause. Downtime, and time in which Postern refused events, is no
//     camera's silence.
//   - An announcement is made once, also across restarts and kill -9.
//   - Cameras that fall silent within a minute share one announcement, and so do
//     cameras that come back.
//
// # What it refuses
//
// It doesn't know camera scopes: it answers for all cameras, and an announcement
// carries no camera_id, since it may be about several. The caller checks whether
// the principal may see a camera.
//
// A camera's usual pause is the matter of package counters: a camera's state follows
// from the log. The announcements made so far are stored beside the log.
package cameras
