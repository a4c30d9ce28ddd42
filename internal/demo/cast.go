package demo

import "time"

// The watchlists that named people are enrolled in.
const (
	watchlistDefault = "default"
	watchlistVIP     = "vip"
	watchlistBlocked = "blocked"
)

// alertThresholds are the least similarities of matches that raise an alert, by watchlist. A watchlist that
// isn't here raises none: employees arrive every day.
var alertThresholds = map[string]float64{
	watchlistVIP:     0.88,
	watchlistBlocked: 0.82,
}

// person is an enrolled person. All of them are invented.
type person struct {
	id        string
	label     string
	watchlist string
	likeness  float64 // the similarity that their faces usually reach

	freeAt time.Duration // when the last visit ends: a person is in one place at a time
}

// newCast returns new enrolled people, since a Site changes their freeAt.
func newCast() []*person {
	return []*person{
		{id: "idn-1001", label: "Alice Smith", watchlist: watchlistDefault, likeness: 0.93},
		{id: "idn-1002", label: "Mateo Rivera", watchlist: watchlistDefault, likeness: 0.91},
		{id: "idn-1003", label: "Ingrid Halvorsen", watchlist: watchlistDefault, likeness: 0.95},
		{id: "idn-1004", label: "Tomasz Wrona", watchlist: watchlistDefault, likeness: 0.88},
		{id: "idn-1005", label: "Aiko Tanabe", watchlist: watchlistDefault, likeness: 0.94},
		{id: "idn-1006", label: "Samuel Okonjo", watchlist: watchlistDefault, likeness: 0.92},
		{id: "idn-1007", label: "Priya Raman", watchlist: watchlistDefault, likeness: 0.90},
		{id: "idn-1008", label: "Lukas Brenner", watchlist: watchlistDefault, likeness: 0.86},
		{id: "idn-1009", label: "Fatima Zahra Alami", watchlist: watchlistDefault, likeness: 0.93},
		{id: "idn-1010", label: "Jonas Lindqvist", watchlist: watchlistDefault, likeness: 0.89},
		{id: "idn-1011", label: "Chloé Marchand", watchlist: watchlistDefault, likeness: 0.94},
		{id: "idn-1012", label: "Wei Zhang", watchlist: watchlistDefault, likeness: 0.91},
		{id: "idn-1013", label: "Nadia Petrova", watchlist: watchlistDefault, likeness: 0.92},
		{id: "idn-1014", label: "Oisín Kearney", watchlist: watchlistDefault, likeness: 0.87},
		{id: "idn-1015", label: "Grace Mwangi", watchlist: watchlistDefault, likeness: 0.95},
		{id: "idn-2001", label: "Helena Sørensen", watchlist: watchlistVIP, likeness: 0.94},
		{id: "idn-2002", label: "Rafael Monteiro", watchlist: watchlistVIP, likeness: 0.92},
		{id: "idn-2003", label: "Amara Diallo", watchlist: watchlistVIP, likeness: 0.90},
		{id: "idn-3001", label: "Viktor Dragan", watchlist: watchlistBlocked, likeness: 0.88},
		{id: "idn-3002", label: "Marlene Voss", watchlist: watchlistBlocked, likeness: 0.85},
	}
}

// zone is a watched part of the site, with the cameras that see it and the line that counts people.
type zone struct {
	name    string
	line    string
	cameras []string
}

var (
	lobby      = &zone{name: "lobby", line: "main-entrance", cameras: []string{"lobby-cam-1", "lobby-cam-2"}}
	dock       = &zone{name: "loading-dock", line: "dock-door", cameras: []string{"loading-dock"}}
	serverRoom = &zone{name: "server-room", line: "server-room-threshold", cameras: []string{"server-room-door"}}
	parking    = &zone{name: "parking-north", line: "parking-barrier", cameras: []string{"parking-north"}}
	gate       = &zone{name: "gate-7", line: "gate-7-turnstile", cameras: []string{"gate-7"}}
)

// kioskCamera watches only liveness sessions at reception.
const kioskCamera = "reception-kiosk"

// The routes of people. Only staff may enter the server room. A route that is listed twice is taken twice as often.
var (
	staffRoutes = [][]*zone{
		{parking, lobby}, {parking, lobby}, {lobby}, {lobby, serverRoom}, {gate}, {gate, lobby}, {dock},
	}
	visitorRoutes = [][]*zone{{lobby}, {lobby}, {parking, lobby}, {gate}, {dock}, {parking}}
)

// document is a kind of identity document that reception scans.
type document struct {
	kind    string
	country string
	mrz     bool
}

var documents = []document{
	{kind: "passport", country: "FRA", mrz: true},
	{kind: "passport", country: "JPN", mrz: true},
	{kind: "passport", country: "BRA", mrz: true},
	{kind: "passport", country: "IND", mrz: true},
	{kind: "id_card", country: "DEU", mrz: true},
	{kind: "id_card", country: "ESP", mrz: true},
	{kind: "id_card", country: "POL", mrz: true},
	{kind: "driving_licence", country: "GBR"},
	{kind: "driving_licence", country: "IRL"},
}

var challenges = []string{"blink", "smile", "turn_left", "turn_right", "nod", "look_up"}

var livenessReasons = []string{"challenge_timeout", "spoof_suspected", "face_lost", "challenge_not_followed"}

// fault is a failure, and the number of its reports.
type fault struct {
	module  string
	camera  string
	code    string
	message string
	reports int
}

// The camera that goes offline is on no route, so that no event comes from a camera that is reported as
// offline.
var faults = []fault{
	{sourceVideo, "parking-south", "camera_offline", "No frames for 10 s, reconnecting", 3},
	{sourceVideo, "loading-dock", "decoder_error", "H.264 decoder lost sync, waiting for the next keyframe", 1},
	{sourceVideo, "gate-7", "frame_drop", "Dropped 48 of 250 frames in 10 s", 2},
	{sourceFace, "lobby-cam-2", "queue_full", "Recognition queue full, skipped 12 faces", 1},
	{sourceDocument, "", "scanner_timeout", "Scanner did not answer within 5 s", 1},
	{sourceLiveness, kioskCamera, "session_timeout", "Session closed after 60 s without a face", 1},
}
