package web

import (
	"database/sql"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"postern/internal/store"
	"postern/internal/web/respond"
)

// change runs SQL on the store's file beside the service, as a disk would
// change it.
func (s *service) change(query string) {
	s.t.Helper()
	db, err := sql.Open("sqlite", s.store.DB.Path()+"?_pragma=busy_timeout(5000)")
	if err != nil {
		s.t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(query); err != nil {
		s.t.Fatal(err)
	}
}

func TestADamagedEventIsNamedAndNotSent(t *testing.T) {
	t.Parallel()
	s := startServiceIn(t, t.TempDir(), store.Options{}, nil, func(*Server) {})
	for n := range 300 { // more than the ring holds
		s.post(apiPath+"/events", fmt.Sprintf(`{"id":"e%d","type":"face_matched","source":"face_pipeline","data":{"label":"Person %d"}}`, n+1,
			n+1)).want(http.StatusAccepted)
	}
	s.change(`UPDATE events SET data = replace(data, 'Person 8"', 'Person 9"') WHERE seq = 8`)
	recent := s.get(apiPath + "/events/recent?order=asc&limit=20").want(http.StatusOK).says("Person 7").saysNot(`"e8"`)
	if named := recent.header.Get(respond.HeaderDamaged); named != "8" {
		t.Errorf("%s is %q, want 8", respond.HeaderDamaged, named)
	}
	s.get(apiPath + "/events/e8").want(http.StatusInternalServerError).says("Event number 8 can't be read")
	s.page("/events/e8").want(http.StatusInternalServerError).says("Event number 8 can")
	s.get("/metrics").want(http.StatusOK).says("\npostern_store_damaged_events_total 1\n")
	s.get("/readyz").says("can't be read")
	for _, format := range []string{"ndjson", "csv"} {
		for _, order := range []string{"asc", "desc"} {
			answer, err := http.DefaultClient.Do(s.request("GET", apiPath+"/events/export?format="+format+"&order="+order, ""))
			if err != nil {
				t.Fatal(err)
			}
			body, err := io.ReadAll(answer.Body)
			answer.Body.Close()
			if err == nil {
				t.Errorf("the export as %s, %s, ends as if it were complete", format, order)
			}
			if n := strings.Count(string(body), "face_matched"); n != 299 || strings.Contains(string(body), "e8,") ||
				strings.Contains(string(body), `"e8"`) {
				t.Errorf("the export as %s, %s, has %d events, want all 299 others", format, order, n)
			}
		}
	}
}
