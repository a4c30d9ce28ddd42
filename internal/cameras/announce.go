package cameras

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"postern/internal/event"
	"postern/internal/store/alerts"
	"postern/internal/store/cameras"
	"postern/internal/store/counters"
)

// Bounds of an announcement.
const (
	namesListed = 50  // in data.cameras
	namesSaid   = 3   // in the message
	maxReports  = 500 // a camera's own reports that one announcement resolves
)

// announcementID returns the id of an announcement of a kind and time.
func announcementID(kind event.Kind, at time.Time) string {
	return string(kind) + "-" + strconv.FormatInt(at.UnixMicro(), 36)
}

// kindOf returns the kind in an announcement's id.
func kindOf(id string) event.Kind {
	kind, _, _ := strings.Cut(id, "-")
	return event.Kind(kind)
}

// fall records the cameras that fell silent, under one announcement.
func (s *Service) fall(ctx context.Context, seen []counters.LastSeen, now time.Time) {
	var put []cameras.Trouble
	for _, name := range slices.Sorted(maps.Keys(s.falling)) {
		if i, found := find(seen, name); found {
			put = append(put, cameras.Trouble{Camera: name, Since: seen[i].Normal, Heard: seen[i].NormalSeq,
				Opened: announcementID(event.CameraSilent, now), OpenedAt: now})
		}
	}
	if err := s.change(ctx, put, nil); err != nil {
		s.log.Error("camera states not kept", slog.Any("error", err))
		return // the next look tries again
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.falling)
}

// comeBack records the cameras that are no longer in trouble, under one
// announcement for each reason.
func (s *Service) comeBack(ctx context.Context, now time.Time) {
	var put []cameras.Trouble
	for name, kind := range s.returning {
		trouble, troubled := s.troubles[name]
		if !troubled { // too short to have been recorded
			trouble = cameras.Trouble{Camera: name, Reported: true, Since: now, Announced: true}
		}
		trouble.Closed, trouble.ClosedAt = announcementID(kind, now), now
		put = append(put, trouble)
	}
	if err := s.change(ctx, put, nil); err != nil {
		s.log.Error("camera states not kept", slog.Any("error", err))
		return
	}
	for _, h := range s.store.Counters.LastSeen() {
		if _, returned := s.returning[h.ID]; returned {
			s.handled[h.ID] = h.Ended
		}
	}
	clear(s.returning)
}

// publish publishes the recorded announcements that aren't in the log yet,
// openings first. An announcement that was published before a crash is in the log
// already, and isn't published again.
func (s *Service) publish(ctx context.Context) {
	opened, closed := map[string][]cameras.Trouble{}, map[string][]cameras.Trouble{}
	for _, t := range s.troubles {
		if !t.Announced {
			opened[t.Opened] = append(opened[t.Opened], t)
		}
		if t.Closed != "" {
			closed[t.Closed] = append(closed[t.Closed], t)
		}
	}
	for id, group := range opened {
		if !s.announce(ctx, id, group[0].OpenedAt, s.announcement(id, group, nil)) {
			return
		}
		for i := range group {
			group[i].Announced = true
		}
		if err := s.change(ctx, group, nil); err != nil {
			s.log.Error("camera states not kept", slog.Any("error", err))
			return
		}
	}
	for id, group := range closed {
		resolves, err := s.resolves(ctx, group)
		if err != nil {
			s.log.Error("camera states not announced yet", slog.Any("error", err))
			return
		}
		if !s.announce(ctx, id, group[0].ClosedAt, s.announcement(id, group, resolves)) {
			return
		}
		if err := s.change(ctx, nil, names(group)); err != nil {
			s.log.Error("camera states not kept", slog.Any("error", err))
			return
		}
	}
}

// announce publishes an announcement, and reports whether it is in the log.
func (s *Service) announce(ctx context.Context, id string, at time.Time, a event.Announcement) bool {
	e, err := a.Event(id, at)
	if err == nil {
		_, err = s.hub.Publish(ctx, []*event.Event{e})
	}
	// A conflict: it was announced before a crash, with another text.
	if err == nil || errors.Is(err, event.ErrConflict) {
		return true
	}
	s.log.Error("camera states not announced yet", slog.Any("error", err))
	return false
}

var groupWords = map[event.Kind][2]string{
	event.CameraSilent: {"fell silent", "cameras fell silent"},
	event.CameraBack:   {"is back", "cameras are back"},
	event.CameraRejudged: {"no longer counts as silent, since its setting was changed",
		"cameras no longer count as silent, since their settings were changed"},
}

func (s *Service) announcement(id string, group []cameras.Trouble, resolves []string) event.Announcement {
	kind, all := kindOf(id), names(group)
	a := event.Announcement{Module: "cameras", Kind: kind, Resolves: resolves, Cameras: all[:min(len(all), namesListed)],
		CameraCount: len(all)}
	said := make([]string, min(len(all), namesSaid))
	for i := range said {
		said[i] = s.called(all[i])
	}
	switch words := groupWords[kind]; {
	case len(all) == 1 && kind == event.CameraSilent:
		a.Message = fmt.Sprintf("%s %s: nothing was heard from it since %s UTC", said[0], words[0], group[0].Since.UTC().Format("2 Jan 15:04:05"))
	case len(all) == 1:
		a.Message = said[0] + " " + words[0]
	case len(all) <= namesSaid:
		a.Message = fmt.Sprintf("%d %s: %s and %s", len(all), words[1], strings.Join(said[:len(said)-1], ", "), said[len(said)-1])
	default:
		a.Message = fmt.Sprintf("%d %s: %s and %d more", len(all), words[1], strings.Join(said, ", "), len(all)-namesSaid)
	}
	return a
}

// called writes a camera's id after its name, if it has one.
func (s *Service) called(id string) string {
	if name := s.Name(id); name != "" {
		return name + " (" + id + ")"
	}
	return id
}

// resolves returns the ids of the events that a group's announcement resolves:
// announcements of which no camera is silent any more, and the cameras' own
// reports.
func (s *Service) resolves(ctx context.Context, group []cameras.Trouble) ([]string, error) {
	lasting := make(map[string]bool) // announcements with a camera that is still silent
	for _, t := range s.troubles {
		if t.Closed == "" {
			lasting[t.Opened] = true
		}
	}
	resolves := []string{}
	byTime := slices.SortedFunc(slices.Values(group), func(a, b cameras.Trouble) int {
		return cmp.Or(a.OpenedAt.Compare(b.OpenedAt), cmp.Compare(a.Opened, b.Opened))
	})
	for _, t := range byTime {
		if t.Opened != "" && !lasting[t.Opened] && !slices.Contains(resolves, t.Opened) {
			resolves = append(resolves, t.Opened)
		}
	}
	if kindOf(group[0].Closed) != event.CameraBack {
		return resolves, nil
	}
	page, err := s.store.Alerts.List(ctx, alerts.Query{
		Selection: alerts.Selection{Filter: event.Filter{Types: event.Types(event.SystemError), Cameras: names(group)}}, Limit: maxReports,
	})
	if err != nil {
		return nil, err
	}
	seen := s.store.Counters.LastSeen()
	for _, e := range slices.Backward(page.Events) { // oldest first
		if i, found := find(seen, e.Camera); found && e.Seq < seen[i].NormalSeq && e.SaysOffline() {
			resolves = append(resolves, e.ID)
		}
	}
	return resolves, nil
}

// names returns the cameras of a group, in order.
func names(group []cameras.Trouble) []string {
	all := make([]string, len(group))
	for i, t := range group {
		all[i] = t.Camera
	}
	slices.Sort(all)
	return all
}
